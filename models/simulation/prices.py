"""Hourly prices of a simulated market: GARCH volatility in regimes, jumps, a market factor, seasonality.

Random numbers are drawn in blocks of a week, each from its own seed, and every recursion runs forward in time: a
longer run begins with exactly the shorter one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from domain.types import Array

BLOCK = 168
SUBSTEPS = 12


@dataclass(frozen=True)
class Asset:
    """An asset of the simulated market. All but BTC and ETH are invented."""

    ticker: str
    name: str
    cap_usd: float
    price_usd: float
    beta: float
    idiosyncratic: float


ASSETS = (
    Asset("BTC", "Bitcoin", 6.0e11, 30_000.0, 0.86, 0.30),
    Asset("ETH", "Ethereum", 2.2e11, 1_900.0, 1.00, 0.45),
    Asset("HELI", "Helion", 3.1e10, 41.0, 1.12, 0.75),
    Asset("ORBT", "Orbitra", 1.4e10, 6.3, 1.10, 0.80),
    Asset("NIMB", "Nimbus Network", 7.2e9, 0.62, 1.15, 0.85),
    Asset("QUIL", "Quillchain", 3.5e9, 11.8, 1.05, 0.85),
    Asset("VELA", "Vela Protocol", 1.6e9, 2.4, 1.20, 0.95),
    Asset("TARN", "Tarn", 8.0e8, 0.093, 1.08, 0.95),
    Asset("MOSS", "Mosslight", 4.1e8, 1.27, 1.18, 1.05),
    Asset("FLNT", "Flint", 1.9e8, 0.33, 1.10, 1.10),
    Asset("PYLN", "Pylon Grid", 9.0e7, 0.018, 1.15, 1.20),
    Asset("KORU", "Koru", 4.5e7, 0.0071, 1.12, 1.30),
)

MARKET_VOL = 0.0072
HOUR_PATTERN = np.array(
    [1.26, 1.10, 0.97, 0.92, 0.85, 0.88, 0.90, 0.93, 1.02, 0.94, 0.94, 0.92,
     1.08, 1.12, 1.20, 1.14, 1.11, 0.99, 0.95, 0.94, 0.97, 0.95, 0.95, 0.96]
)  # fmt: skip
WEEKEND = 0.80
ALPHA, BETA = 0.12, 0.84
SLOW_HALF_LIFE_H, SLOW_SD = 168.0, 0.30  # of each series' own log-volatility
REGIME_HALF_LIFE_H, REGIME_SD = 960.0, 0.33  # of the log-volatility that all share
DEGREES = 4.5
JUMP_RATE, JUMP_SIZE = 1 / 600, 4.5


@dataclass(frozen=True)
class PricePaths:
    """Hourly paths from Monday 00:00 on, T hours × A assets, before any planted effect.

    `returns`: log returns. `sigma`: the volatility they were drawn with. `bridge` [T, A, SUBSTEPS] and `volume_noise`
    serve to make bars.
    """

    returns: Array
    sigma: Array
    bridge: Array
    volume_noise: Array


def block_rng(seed: int, stream: str, block: int) -> np.random.Generator:
    """The generator of one week of one stream of random numbers."""
    return np.random.default_rng([seed, int.from_bytes(stream.encode()[:6], "big"), block])


def seasonal_factor(n_hours: int) -> Array:
    """Volatility of each hour relative to the average, [T], from Monday 00:00 on."""
    hour = np.arange(n_hours)
    factor = HOUR_PATTERN[hour % 24] * np.where(hour // 24 % 7 >= 5, WEEKEND, 1.0)
    week = HOUR_PATTERN[np.arange(BLOCK) % 24] * np.where(np.arange(BLOCK) // 24 >= 5, WEEKEND, 1.0)
    return factor / np.sqrt(np.mean(week**2))


def simulate_paths(seed: int, n_hours: int, assets: tuple[Asset, ...] = ASSETS) -> PricePaths:
    """Draw the market's paths for `n_hours`. A pure function of its arguments."""
    n_blocks = -(-n_hours // BLOCK)
    n_assets = len(assets)
    draws = [_draw_block(seed, b, n_assets) for b in range(n_blocks)]
    normal, student, jump, bridge, volume = (np.concatenate(parts)[:n_hours] for parts in zip(*draws, strict=True))
    shared = np.concatenate([block_rng(seed, "regime", b).standard_normal((BLOCK, 1)) for b in range(n_blocks)])
    regime = _slow_wave(shared[:n_hours], REGIME_HALF_LIFE_H, REGIME_SD)
    slow = regime * _slow_wave(normal, SLOW_HALF_LIFE_H, SLOW_SD)
    season = seasonal_factor(n_hours)[:, None]
    shocks = student + jump
    unit, unit_sigma = _garch(shocks, slow, season)
    scale = np.array([1.0] + [a.idiosyncratic for a in assets]) * MARKET_VOL
    factor = unit[:, :1] * scale[0]
    betas = np.array([a.beta for a in assets])
    own = unit[:, 1:] * scale[1:]
    sigma = np.hypot(betas * unit_sigma[:, :1] * scale[0], unit_sigma[:, 1:] * scale[1:])
    return PricePaths(betas * factor + own, sigma, bridge, volume)


def _draw_block(seed: int, block: int, n_assets: int) -> tuple[Array, ...]:
    rng = block_rng(seed, "prices", block)
    shape = (BLOCK, n_assets + 1)
    normal = rng.standard_normal(shape)
    student = rng.standard_t(DEGREES, shape) * np.sqrt((DEGREES - 2) / DEGREES)
    jump = (rng.random(shape) < JUMP_RATE) * rng.standard_normal(shape) * JUMP_SIZE
    bridge = rng.standard_normal((BLOCK, n_assets, SUBSTEPS))
    volume = rng.standard_normal((BLOCK, n_assets))
    return normal, student, jump, bridge, volume


def _slow_wave(normal: Array, half_life_h: float, sd: float) -> Array:
    """Volatility that wanders: an autoregression of its logarithm with this half-life and deviation, its square near 1
    on average.
    """
    phi = 0.5 ** (1 / half_life_h)
    innovation = normal * sd * np.sqrt(1 - phi**2)
    innovation[0] = normal[0] * sd
    return np.exp(lfilter([1.0], [1.0, -phi], innovation, axis=0) - sd**2)


def _garch(shocks: Array, slow: Array, season: Array) -> tuple[Array, Array]:
    """Unit-variance returns and their volatility: r = season · slow · √h · shock, h = ω + α·r̃² + β·h."""
    unit_variance = 1 + JUMP_RATE * JUMP_SIZE**2
    h = np.ones(shocks.shape[1])
    root_h = np.empty_like(shocks)
    for t in range(len(shocks)):
        root_h[t] = np.sqrt(h)
        h = (1 - ALPHA - BETA) + h * (ALPHA * np.minimum(shocks[t] ** 2 / unit_variance, 50.0) + BETA)
    sigma = season * slow * root_h
    return sigma * shocks / np.sqrt(unit_variance), sigma


@dataclass(frozen=True)
class SimulatedBars:
    """Open, high, low, close (USD) and volume (base asset) per hour and asset, [T, A]."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array


def make_bars(paths: PricePaths, effects: Array, assets: tuple[Asset, ...] = ASSETS) -> SimulatedBars:
    """Bars from returns plus planted `effects` [T, A]; inside each bar the price walks a bridge to its close."""
    returns = paths.returns + effects
    log_close = np.log([a.price_usd for a in assets]) + np.cumsum(returns, axis=0)
    log_open = log_close - returns
    steps = np.cumsum(paths.bridge, axis=2)
    fraction = np.arange(1, SUBSTEPS + 1) / SUBSTEPS
    tied = (steps - steps[:, :, -1:] * fraction) * (paths.sigma / np.sqrt(SUBSTEPS))[:, :, None]
    inside = log_open[:, :, None] + returns[:, :, None] * fraction + tied
    high = np.maximum(inside.max(2), np.maximum(log_open, log_close))
    low = np.minimum(inside.min(2), np.minimum(log_open, log_close))
    turnover = np.array([a.cap_usd for a in assets]) * 0.0015
    activity = 0.8 * np.log1p(np.abs(returns) / paths.sigma) + 0.5 * np.log(paths.sigma / MARKET_VOL)
    volume = turnover * np.exp(activity + 0.45 * paths.volume_noise) / np.exp(log_close)
    return SimulatedBars(np.exp(log_open), np.exp(high), np.exp(low), np.exp(log_close), volume)
