"""Abnormal returns around releases: AR, CAR, BHAR, and the move in units of the reference walk's sigma.

One release is one (asset, moment). The base price is the last close at or before the moment; window w ends at the
close w hours later. The estimation span is the 30 days that end 24 hours before the base close.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array, Bars, log_returns, market_index, trailing_dollar_volume
from features.volatility import ewma

ESTIMATION_DAYS = 30
GAP_H = 24.0
PATH_BEFORE_H, PATH_AFTER_H = 24.0, 72.0
MIN_SHARE = 0.8
BENCHMARKS = ("reference_walk", "mean", "market")


@dataclass(frozen=True)
class Events:
    """N releases: column of the asset in the grid, row of the base close, uncertainty of the time in hours."""

    asset: NDArray[np.int64]
    row: NDArray[np.int64]
    uncertainty_h: Array

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Study:
    """Abnormal returns of N events over E bars of the event window, for one benchmark.

    `ar` [N, E] (a move across a gap falls on the bar after it), `present` [N, E] whether the bar was there,
    `offsets_h` [E] (bar ends, hours from the base close), `estimation` [N, S] residuals of the estimation span,
    `fit` [N] the residual sigma, `correction` [N, E] forecast-error factor of each bar.
    """

    benchmark: str
    ar: Array
    offsets_h: Array
    estimation: Array
    fit: Array
    correction: Array
    present: NDArray[np.bool_]


def window_rows(bars: Bars) -> tuple[int, int, int, int]:
    """Bars of the estimation span, of its gap, and of the path before and after the base close."""
    per_h = 1 / bars.step_h
    return (
        int(ESTIMATION_DAYS * 24 * per_h), int(GAP_H * per_h), int(PATH_BEFORE_H * per_h), int(PATH_AFTER_H * per_h),
    )  # fmt: skip


def measurable(bars: Bars, events: Events) -> NDArray[np.bool_]:
    """Events with a base price, a filled estimation span and room for one bar after."""
    span, gap, before, _ = window_rows(bars)
    returns = np.isfinite(log_returns(bars))
    seen = np.cumsum(np.pad(returns, ((1, 0), (0, 0))), axis=0)
    inside = (events.row - gap - span >= 0) & (events.row - before >= 0) & (events.row + 1 < len(bars.close_ts))
    row = np.where(inside, events.row, gap + span)
    filled = seen[row - gap + 1, events.asset] - seen[row - gap - span + 1, events.asset]
    return inside & (filled >= MIN_SHARE * span) & np.isfinite(bars.close[row, events.asset])


def studies(bars: Bars, events: Events) -> dict[str, Study]:
    """The studies of all benchmarks for measurable events, in log returns.

    reference_walk: expected return 0. mean: the estimation span's mean. market: alpha + beta × the market index
    without the asset, by least squares over the estimation span.
    """
    returns = log_returns(bars)
    index = market_index(returns, trailing_dollar_volume(bars, window_rows(bars)[0]))
    span, gap, before, after = window_rows(bars)
    est = events.row[:, None] - gap - span + 1 + np.arange(span)
    evt = events.row[:, None] + np.arange(1 - before, after + 1)
    inside = evt < len(returns)
    safe = np.minimum(evt, len(returns) - 1)
    col = events.asset[:, None]
    offsets: Array = np.arange(1 - before, after + 1).astype(np.float64) * bars.step_h
    present = inside & np.isfinite(bars.close[safe, col])
    r_est, r_evt = returns[est, col], np.where(inside, _returns_over_gaps(bars)[safe, col], 0.0)
    m_est, m_evt = index[est, col], np.where(inside, index[safe, col], np.nan)
    found = (
        _no_model(r_est, r_evt, offsets),
        _regress("mean", r_est, r_evt, None, None, offsets),
        _regress("market", r_est, r_evt, m_est, m_evt, offsets),
    )
    return {s.benchmark: replace(s, present=present) for s in found}


def _returns_over_gaps(bars: Bars) -> Array:
    """Log returns [T, A] in which a gap has none and the bar after it has the whole move; 0 before the first bar."""
    held = pl.DataFrame(np.log(bars.close)).fill_nan(None).select(pl.all().forward_fill()).to_numpy()
    return np.nan_to_num(np.diff(held, axis=0, prepend=held[:1]), nan=0.0)


def _no_model(r_est: Array, r_evt: Array, offsets: Array) -> Study:
    sigma = np.sqrt(np.nanmean(r_est**2, axis=1))
    return Study("reference_walk", r_evt, offsets, r_est, sigma, np.ones_like(r_evt), np.isfinite(r_evt))


def _regress(name: str, r_est: Array, r_evt: Array, m_est: Array | None, m_evt: Array | None, offsets: Array) -> Study:
    """Least squares per event, NaN left out. Sigma² = SSE ÷ (n − 2) for every model, as the references have it.

    The factor of bar t is √(1 + 1/n + (m_t − m̄)² ÷ Σ(m − m̄)²). MacKinlay (1997).
    """
    valid = np.isfinite(r_est) if m_est is None else np.isfinite(r_est) & np.isfinite(m_est)
    n = np.maximum(valid.sum(1), 3)
    y = np.where(valid, r_est, 0.0)
    y_mean = y.sum(1) / n
    if m_est is None or m_evt is None:
        residual = np.where(valid, r_est - y_mean[:, None], np.nan)
        sigma = np.sqrt(np.nansum(residual**2, axis=1) / (n - 2))
        factor = np.broadcast_to(np.sqrt(1 + 1 / n)[:, None], r_evt.shape)
        return Study(name, r_evt - y_mean[:, None], offsets, residual, sigma, factor, np.isfinite(r_evt))
    x = np.where(valid, m_est, 0.0)
    x_mean = x.sum(1) / n
    sxx = np.where(valid, (x - x_mean[:, None]) ** 2, 0).sum(1)
    sxy = np.where(valid, (x - x_mean[:, None]) * (y - y_mean[:, None]), 0).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        beta = np.where(sxx > 0, sxy / sxx, 0.0)
        spread = np.where(sxx[:, None] > 0, (m_evt - x_mean[:, None]) ** 2 / sxx[:, None], 0.0)
    alpha = y_mean - beta * x_mean
    residual = np.where(valid, r_est - alpha[:, None] - beta[:, None] * m_est, np.nan)
    sigma = np.sqrt(np.nansum(residual**2, axis=1) / (n - 2))
    factor = np.sqrt(1 + 1 / n[:, None] + spread)
    abnormal = r_evt - alpha[:, None] - beta[:, None] * m_evt
    return Study(name, abnormal, offsets, residual, sigma, factor, np.isfinite(r_evt))


def car(study: Study, window_h: float) -> Array:
    """Cumulative abnormal return from the base close to its end, [N]; NaN where the window's last bar is missing."""
    return path(study)[:, _end(study, window_h)]


def path(study: Study) -> Array:
    """CAR from the base close to every offset, [N, E]: 0 at the base, backwards for offsets before it.

    NaN at an offset whose bar is missing, and everywhere for an event whose benchmark could not be fitted.
    """
    base = int(np.argmin(np.abs(study.offsets_h)))
    total = np.cumsum(np.nan_to_num(study.ar, nan=0.0), axis=1)
    fitted = np.isfinite(study.fit) & (study.fit > 0)
    return np.where(study.present & fitted[:, None], total - total[:, [base]], np.nan)


def _end(study: Study, window_h: float) -> int:
    at = np.flatnonzero(np.isclose(study.offsets_h, window_h))
    if len(at) != 1:
        raise ValueError(f"a window of {window_h} h does not end at a bar; bars end every "
                         f"{study.offsets_h[1] - study.offsets_h[0]:g} h up to {study.offsets_h[-1]:g} h")  # fmt: skip
    return int(at[0])


def simple_sigma(bars: Bars, half_life_h: float = 36.0) -> Array:
    """EWMA volatility per bar, [T, A], for candles without an hour-of-week pattern (per √bar)."""
    return np.sqrt(ewma(log_returns(bars) ** 2, half_life_h / bars.step_h))


def shape(study: Study, window_h: float) -> tuple[Array, Array, Array]:
    """Peak CAR within the window, hours to it, and the share of it given back at the window's end, each [N]."""
    paths = path(study)
    inside = (study.offsets_h > 0) & (study.offsets_h <= window_h + 1e-9)
    cut, hours = paths[:, inside], study.offsets_h[inside]
    size = np.where(np.isfinite(cut), np.abs(cut), -1.0)
    at = size.argmax(1)
    peak = np.take_along_axis(cut, at[:, None], 1)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        reversal = np.where(np.abs(peak) > 0, 1 - cut[:, -1] / peak, 0.0)
    return peak, hours[at], reversal
