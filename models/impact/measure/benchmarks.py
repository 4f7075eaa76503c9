"""Abnormal returns around releases: AR, CAR, BHAR, and the move in units of the reference walk's sigma.

One release is one (asset, moment). The base price is the last close at or before the moment; window w ends at the
close w hours later. By default the estimation span is the 30 days that end 24 hours before the base close.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_returns, market_index, trailing_dollar_volume
from features.volatility import ewma
from models.impact.measure.events import Design, Events

BENCHMARKS = ("reference_walk", "mean", "market_adjusted", "market", "residual")


@dataclass(frozen=True)
class AbnormalReturns:
    """Abnormal returns of N events over E bars of the event window, for one benchmark.

    `ar` [N, E] (0 in a gap and over it), `present` [N, E] whether the bar was there,
    `offsets_h` [E] (bar ends, hours from the base close), `estimation` [N, S] residuals of the estimation span,
    `residual_sigma` [N]. What the benchmark's estimated parameters add to the error of a prediction:
    `of_mean` [N] (1 ÷ n, or 0 where no mean is estimated), `leverage` [N, E] (deviation of the index from its mean
    over the root of its sum of squares, or 0 where no slope is).
    """

    benchmark: str
    ar: Array
    offsets_h: Array
    estimation: Array
    residual_sigma: Array
    of_mean: Array
    leverage: Array
    present: NDArray[np.bool_]

    @property
    def correction(self) -> Array:
        """Forecast-error factor of each bar, [N, E]: √(1 + 1/n + leverage²). MacKinlay (1997)."""
        return np.sqrt(1 + self.of_mean[:, None] + self.leverage**2)


def abnormal_returns(
    bars: Bars, events: Events, design: Design | None = None, *, index: Array | None = None
) -> dict[str, AbnormalReturns]:
    """Abnormal returns of measurable events by benchmark, in log returns.

    reference_walk: expected return 0. mean: the estimation span's mean. market_adjusted: the market index. market:
    alpha + beta × the index, by least squares over the estimation span. residual: beta × the index, since a random walk
    has no drift. `index` [T, A]: log return of the market for each asset; by default `others_index`.
    """
    span, gap, before, after = (design or Design()).rows(bars)
    returns = log_returns(bars)
    if index is None:
        index = others_index(bars, span)
    est = events.row[:, None] - gap - span + 1 + np.arange(span)
    evt = events.row[:, None] + np.arange(1 - before, after + 1)
    inside = evt < len(returns)
    safe = np.minimum(evt, len(returns) - 1)
    col = events.asset[:, None]
    offsets: Array = np.arange(1 - before, after + 1).astype(np.float64) * bars.step_h
    present = inside & np.isfinite(bars.close[safe, col])
    r_est, r_evt = returns[est, col], np.where(inside, np.nan_to_num(returns)[safe, col], 0.0)
    m_est, m_evt = index[est, col], np.where(inside, index[safe, col], np.nan)
    with ThreadPoolExecutor(2) as pool:
        found = (
            pool.submit(market_models, r_est, r_evt, m_est, m_evt, offsets),
            pool.submit(parameterless_model, "reference_walk", r_est, r_evt, offsets),
            pool.submit(mean_model, r_est, r_evt, offsets),
            pool.submit(lambda: parameterless_model("market_adjusted", r_est - m_est, r_evt - m_evt, offsets)),
        )
    fitted = found[0].result()
    made = {s.benchmark: replace(s, present=present) for s in (*fitted, *(f.result() for f in found[1:]))}
    return {name: made[name] for name in BENCHMARKS}


def _sigma(residual: Array) -> Array:
    """Residual sigma per event, [N]: √(SSE ÷ (n − 2)) for every benchmark, as the references have it."""
    n = np.maximum(np.isfinite(residual).sum(1), 3)
    return np.asarray(np.sqrt(np.nansum(residual**2, axis=1) / (n - 2)))


def parameterless_model(name: str, r_est: Array, r_evt: Array, offsets: Array) -> AbnormalReturns:
    """A benchmark without estimated parameters: `r_est` [N, S] and `r_evt` [N, E] are the abnormal returns."""
    none = np.zeros(len(r_est))
    return AbnormalReturns(name, r_evt, offsets, r_est, _sigma(r_est), none, np.zeros_like(r_evt), np.isfinite(r_evt))


def mean_model(r_est: Array, r_evt: Array, offsets: Array) -> AbnormalReturns:
    """Abnormal returns are departures from the mean of the estimation span."""
    mean = _mean(r_est)
    residual = r_est - mean[:, None]
    one_over_n = 1 / np.maximum(np.isfinite(r_est).sum(1), 3)
    abnormal, none = r_evt - mean[:, None], np.zeros_like(r_evt)
    return AbnormalReturns("mean", abnormal, offsets, residual, _sigma(residual), one_over_n, none, np.isfinite(r_evt))


def market_model(r_est: Array, r_evt: Array, m_est: Array, m_evt: Array, offsets: Array) -> AbnormalReturns:
    """Least squares on the index per event, bars without either left out. A flat index has slope 0."""
    return market_models(r_est, r_evt, m_est, m_evt, offsets)[0]


def market_models(
    r_est: Array, r_evt: Array, m_est: Array, m_evt: Array, offsets: Array
) -> tuple[AbnormalReturns, AbnormalReturns]:
    """The market model, and the same slope without its intercept (`residual`): a walk without drift beside the
    market.
    """
    valid = np.isfinite(r_est) & np.isfinite(m_est)
    y, x = np.where(valid, r_est, np.nan), np.where(valid, m_est, np.nan)
    n = np.maximum(valid.sum(1), 3)
    y_mean, x_mean = _mean(y), _mean(x)
    deviation = np.nan_to_num(x - x_mean[:, None], nan=0.0)
    sxx = np.einsum("ns,ns->n", deviation, deviation)
    sxy = np.einsum("ns,ns->n", deviation, np.nan_to_num(y - y_mean[:, None], nan=0.0))
    moves = sxx > 0
    beta = np.divide(sxy, sxx, out=np.zeros_like(sxy), where=moves)
    root = np.where(moves, np.sqrt(sxx), np.inf)[:, None]
    alpha = (y_mean - beta * x_mean)[:, None]
    residual = y - alpha - beta[:, None] * x
    beyond = r_evt - beta[:, None] * m_evt
    known, sigma, none = np.isfinite(beyond), _sigma(residual), np.zeros(len(r_est))
    around_mean, around_zero = ((np.nan_to_num(m_evt - c, nan=0.0)) / root for c in (x_mean[:, None], 0.0))
    return (
        AbnormalReturns("market", beyond - alpha, offsets, residual, sigma, 1 / n, around_mean, known),
        AbnormalReturns("residual", beyond, offsets, residual, sigma, none, around_zero, known),
    )


def _mean(x: Array) -> Array:
    """Mean of the known values in each row, [N]; NaN where there is none."""
    n = np.isfinite(x).sum(1)
    total = np.nansum(x, axis=1)
    return np.divide(total, n, out=np.full(len(x), np.nan), where=n > 0)


def others_index(bars: Bars, span: int) -> Array:
    """Log return of the market for each asset, [T, A]: all others, weighted by their dollar volume of the last `span`
    bars.
    """
    return market_index(log_returns(bars), trailing_dollar_volume(bars, span))


def ewma_sigma(bars: Bars, half_life_h: float = 36.0) -> Array:
    """EWMA volatility per bar, [T, A], for candles without an hour-of-week pattern (per √bar)."""
    return np.sqrt(ewma(log_returns(bars) ** 2, half_life_h / bars.step_h))
