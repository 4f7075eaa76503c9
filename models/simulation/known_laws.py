"""Markets of known law, on which claims of skill are tested.

`reference_market`  every return is the reference walk's own sigma × an independent shock: no forecast beats that walk
`planted_market`    a fast volatility state shows in the volume at each close; the `oracle` forecasts with it
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from domain.types import Array
from features.candles import Bars
from features.volatility import EWMA_HALF_LIFE_H, SLOTS, hour_of_week_patterns
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from models.simulation.prices import ASSETS, MARKET_VOL, SUBSTEPS, PricePaths, make_bars, seasonal_factor

START = datetime(2023, 7, 3)
RUN_IN_H = 4 * SLOTS
DEGREES = 8.0
CORRELATION = 0.5
STATE_HALF_LIFE_H, STATE_SD = 24.0, 0.90
VOLUME_NOISE = 0.10
ORACLE_PATHS = 5_000
GRID = np.linspace(-4.5, 4.5, 37)


def shocks(rng: np.random.Generator, n_hours: int, n_assets: int) -> Array:
    """Independent hours of multivariate Student shocks, [T, A]: unit variance, correlated across assets."""
    normal = _correlated(rng, n_hours, n_assets)
    return normal * np.sqrt((DEGREES - 2) / rng.chisquare(DEGREES, (n_hours, 1)))


def _correlated(rng: np.random.Generator, n_hours: int, n_assets: int) -> Array:
    common = rng.standard_normal((n_hours, 1))
    return np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * rng.standard_normal((n_hours, n_assets))


def reference_market(seed: int, n_hours: int, n_assets: int = 5) -> Bars:
    """Hourly bars whose returns are drawn from the reference walk itself, [T, A].

    From row RUN_IN_H on, r[t + 1] = √(`features.volatility.volatility_scale` of these very bars, 1 h ahead at t) ·
    z[t + 1], with z from `shocks`: EWMA variance and hour-of-week pattern are those that the walk will estimate, so
    that no forecast can do better. Before that row the variance is constant, the same for all assets, times the
    simulator's own pattern.

    An EWMA variance is a martingale that shrinks almost surely: its log falls by about ½ (1 − λ)² Var(z²) an hour,
    here .0006, which takes a third off the volatility in seven weeks. Nothing counters that drift: a correction would
    be forecastable. Inside an hour the price walks a bridge to its close; open is the close before; volume is a
    function of the hour's own return and sigma, with noise (`models.simulation.prices.make_bars`).
    """
    rng = np.random.default_rng([seed, 1])
    z = shocks(rng, n_hours, n_assets)
    returns, sigma = np.full_like(z, np.nan), np.empty_like(z)
    truth = seasonal_factor(SLOTS) ** 2
    week, slot = np.divmod(np.arange(n_hours), SLOTS)
    decay = 0.5 ** (1 / EWMA_HALF_LIFE_H)
    pattern = before = np.ones(SLOTS)
    total, weight = np.zeros(n_assets), 0.0
    sigma[0] = MARKET_VOL
    for t in range(1, n_hours):
        if slot[t] == 0:
            pattern = hour_of_week_patterns(returns[: t + 1], week[: t + 1], slot[: t + 1])[-1]
        constant = t <= RUN_IN_H
        variance = MARKET_VOL**2 * truth[slot[t]] if constant else total / weight * before[slot[t]]
        sigma[t] = np.sqrt(variance)
        returns[t] = sigma[t] * z[t]
        total = decay * total + returns[t] ** 2 / pattern[slot[t]]
        weight = decay * weight + 1
        before = pattern
    return _bars(rng, np.nan_to_num(returns), sigma)


def _bars(rng: np.random.Generator, returns: Array, sigma: Array) -> Bars:
    n, n_assets = returns.shape
    assets = ASSETS[:n_assets]
    paths = PricePaths(returns, sigma, rng.standard_normal((n, n_assets, SUBSTEPS)), rng.standard_normal((n, n_assets)))
    made = make_bars(paths, np.zeros_like(returns), assets)
    close_ts = np.datetime64(START, "s") + np.arange(1, n + 1) * np.timedelta64(3600, "s")
    return Bars(
        tuple(a.ticker for a in assets), "1h", close_ts, made.open, made.high, made.low, made.close, made.volume
    )


@dataclass(frozen=True)
class PlantedMarket:
    """Bars, and the log-volatility state [T, A] known at each close, which drives the next hour's return."""

    bars: Bars
    state: Array
    phi: float
    sd: float

    def oracle(self, rows: NDArray[np.int64], assets: NDArray[np.int64], seed: int = 1) -> Array:
        """The true conditional quantiles for N (row, asset) pairs, [N, H, Q], by Monte Carlo over future paths.

        Knows the state at the origin and the law of the market, and nothing that comes later. Paths are drawn once
        per point of a grid of states and hour of the week; between the points quantiles follow by interpolation.
        """
        unit = _unit_paths(np.random.default_rng([seed, 2]), self.phi, self.sd)  # [G, paths, max horizon]
        slots, place = np.unique(rows % SLOTS, return_inverse=True)
        season = seasonal_factor(3 * SLOTS)
        table = np.stack([_quantiles(unit, season[s + 1 : s + 1 + max(HORIZONS_H)]) for s in slots])  # [S, G, H, Q]
        x = np.clip(self.state[rows, assets] / self.sd, GRID[0], GRID[-1])
        right = np.clip(np.searchsorted(GRID, x), 1, len(GRID) - 1)
        share = ((x - GRID[right - 1]) / (GRID[right] - GRID[right - 1]))[:, None, None]
        log = (1 - share) * table[place, right - 1] + share * table[place, right]
        return np.sign(np.array(LEVELS) - 0.5) * np.exp(log) * _level(self.sd, assets)[:, None, None]


def _level(sd: float, assets: NDArray[np.int64]) -> Array:
    """Constant volatility of each asset; exp(x − sd²) has a mean square of 1."""
    return MARKET_VOL * (1 + 0.15 * assets) * np.exp(-(sd**2))


def _unit_paths(rng: np.random.Generator, phi: float, sd: float) -> Array:
    """exp(state) · shock of the next hours from each state on the grid, [G, paths, max horizon]."""
    n = max(HORIZONS_H)
    noise = rng.standard_normal((ORACLE_PATHS, n)) * sd * np.sqrt(1 - phi**2)
    noise[:, 0] = 0  # the state of the next hour's return is known
    wandered = lfilter([1.0], [1.0, -phi], noise, axis=1)
    z = shocks(rng, ORACLE_PATHS * n, 1).reshape(ORACLE_PATHS, n)
    return np.exp(GRID[:, None, None] * sd * phi ** np.arange(n) + wandered) * z


def _quantiles(unit: Array, season: Array) -> Array:
    """Log of the quantiles of |sum| that lie ± around a median of zero, [G, H, Q]; −inf at the median."""
    moved = np.abs(np.cumsum(unit * season, axis=2)[:, :, [h - 1 for h in HORIZONS_H]])
    probability = np.abs(2 * np.array(LEVELS) - 1).round(6)
    distinct, place = np.unique(probability, return_inverse=True)
    values = np.quantile(moved, distinct, axis=1)  # [P, G, H]
    values[distinct == 0] = 1e-300
    return np.moveaxis(np.log(values[place]), 0, 2)


def planted_market(
    seed: int, n_hours: int, n_assets: int = 6, *, half_life_h: float = STATE_HALF_LIFE_H, sd: float = STATE_SD
) -> PlantedMarket:
    """A market with predictability that the reference walk cannot see and the panel can.

    r[t + 1] = level · pattern[t + 1] · exp(x[t] − sd²) · z[t + 1]; x is an autoregression with the given half-life and
    deviation, correlated across assets, and independent of z. Log volume at the close of t is x[t] with noise of
    VOLUME_NOISE. Everything else is as in `reference_market`.
    """
    rng = np.random.default_rng([seed, 3])
    phi = 0.5 ** (1 / half_life_h)
    noise = _correlated(rng, n_hours, n_assets) * sd * np.sqrt(1 - phi**2)
    noise[0] /= np.sqrt(1 - phi**2)
    state = lfilter([1.0], [1.0, -phi], noise, axis=0)
    before = np.vstack([np.zeros((1, n_assets)), state[:-1]])
    level = _level(sd, np.arange(n_assets))
    sigma = level * seasonal_factor(n_hours)[:, None] * np.exp(before)
    bars = _bars(rng, sigma * shocks(rng, n_hours, n_assets), sigma)
    turnover = np.array([a.cap_usd for a in ASSETS[:n_assets]]) * 0.0015
    dollars = turnover * np.exp(state + VOLUME_NOISE * rng.standard_normal(state.shape))
    return PlantedMarket(replace(bars, volume=dollars / bars.close), state, phi, sd)
