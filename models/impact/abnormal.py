"""Abnormal returns around releases: AR, CAR, BHAR, and the move in units of the reference walk's sigma.

One release is one (asset, moment). The base price is the last close at or before the moment; window w ends at the
close w hours later. By default the estimation span is the 30 days that end 24 hours before the base close.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array, Bars, log_returns, market_index, trailing_dollar_volume
from features.volatility import ewma

MIN_SHARE = 0.8
BENCHMARKS = ("reference_walk", "mean", "market_adjusted", "market")


@dataclass(frozen=True)
class Design:
    """Spans of a study in hours: estimation, the gap between its end and the base close, the path before and after."""

    estimation_h: float = 30 * 24.0
    gap_h: float = 24.0
    before_h: float = 24.0
    after_h: float = 72.0

    def rows(self, bars: Bars) -> tuple[int, int, int, int]:
        """The four spans in bars. ValueError where one is no whole number of them, or the estimation span under 10."""
        out = []
        for name, hours in vars(self).items():
            n = hours / bars.step_h
            if abs(n - round(n)) > 1e-9 or n < 0:
                raise ValueError(f"{name} is {hours:g}, which is no whole number of {bars.timeframe} bars")
            out.append(round(n))
        if out[0] < 10:
            raise ValueError(f"an estimation span of {out[0]} bars is too short: at least 10 are needed")
        return out[0], out[1], out[2], out[3]


@dataclass(frozen=True)
class Events:
    """N releases: column of the asset in the grid, row of the base close, uncertainty of the time in hours."""

    asset: NDArray[np.int64]
    row: NDArray[np.int64]
    uncertainty_h: Array

    def __len__(self) -> int:
        return len(self.row)

    def where(self, member: NDArray[np.bool_]) -> "Events":
        """Those of some releases."""
        return Events(self.asset[member], self.row[member], self.uncertainty_h[member])


@dataclass(frozen=True)
class Study:
    """Abnormal returns of N events over E bars of the event window, for one benchmark.

    `ar` [N, E] (a move across a gap falls on the bar after it), `present` [N, E] whether the bar was there,
    `offsets_h` [E] (bar ends, hours from the base close), `estimation` [N, S] residuals of the estimation span,
    `fit` [N] the residual sigma. What the benchmark's estimated parameters add to the error of a prediction:
    `of_mean` [N] (1 ÷ n, or 0 where no mean is estimated), `leverage` [N, E] (deviation of the index from its mean
    over the root of its sum of squares, or 0 where no slope is).
    """

    benchmark: str
    ar: Array
    offsets_h: Array
    estimation: Array
    fit: Array
    of_mean: Array
    leverage: Array
    present: NDArray[np.bool_]

    @property
    def correction(self) -> Array:
        """Forecast-error factor of each bar, [N, E]: √(1 + 1/n + leverage²). MacKinlay (1997)."""
        return np.sqrt(1 + self.of_mean[:, None] + self.leverage**2)


REASONS = (
    "asset has no candles", "before the candles begin", "after the candles end", "no price at the base close",
    "estimation span not filled",
)  # fmt: skip


def unmeasurable(bars: Bars, events: Events, design: Design) -> NDArray[np.int64]:
    """Why an event cannot be measured, [N]: index into REASONS of the first that holds, −1 where it can be.

    Measurable is an event with a base price, a filled estimation span and room for one bar after.
    """
    span, gap, before, _ = design.rows(bars)
    returns = np.isfinite(log_returns(bars))
    seen = np.cumsum(np.pad(returns, ((1, 0), (0, 0))), axis=0)
    early = (events.row - gap - span < 0) | (events.row - before < 0)
    late = events.row + 1 >= len(bars.close_ts)
    row = np.where(early | late, min(gap + span, len(bars.close_ts) - 1), events.row)
    filled = seen[np.maximum(row - gap + 1, 0), events.asset] - seen[np.maximum(row - gap - span + 1, 0), events.asset]
    unfilled, unpriced = filled < MIN_SHARE * span, ~np.isfinite(bars.close[row, events.asset])
    return np.select([early, late, unpriced, unfilled], [1, 2, 3, 4], -1).astype(np.int64)


def measurable(bars: Bars, events: Events, design: Design | None = None) -> NDArray[np.bool_]:
    """Events that can be measured, [N]."""
    return unmeasurable(bars, events, design or Design()) < 0


def studies(
    bars: Bars, events: Events, design: Design | None = None, *, index: Array | None = None
) -> dict[str, Study]:
    """The studies of all benchmarks for measurable events, in log returns.

    reference_walk: expected return 0. mean: the estimation span's mean. market_adjusted: the market index. market:
    alpha + beta × the index, by least squares over the estimation span. `index` [T, A]: log return of the market for
    each asset; by default that of all other assets, weighted by their dollar volume.
    """
    span, gap, before, after = (design or Design()).rows(bars)
    returns = log_returns(bars)
    if index is None:
        index = market_index(returns, trailing_dollar_volume(bars, span))
    est = events.row[:, None] - gap - span + 1 + np.arange(span)
    evt = events.row[:, None] + np.arange(1 - before, after + 1)
    inside = evt < len(returns)
    safe = np.minimum(evt, len(returns) - 1)
    col = events.asset[:, None]
    offsets: Array = np.arange(1 - before, after + 1).astype(np.float64) * bars.step_h
    present = inside & np.isfinite(bars.close[safe, col])
    r_est, r_evt = returns[est, col], np.where(inside, _returns_over_gaps(bars)[safe, col], 0.0)
    m_est, m_evt = index[est, col], np.where(inside, index[safe, col], np.nan)
    with ThreadPoolExecutor(2) as pool:
        found = (
            pool.submit(market_model, r_est, r_evt, m_est, m_evt, offsets),
            pool.submit(parameterless, "reference_walk", r_est, r_evt, offsets),
            pool.submit(mean_model, r_est, r_evt, offsets),
            pool.submit(lambda: parameterless("market_adjusted", r_est - m_est, r_evt - m_evt, offsets)),
        )
    made = {s.result().benchmark: replace(s.result(), present=present) for s in found}
    return {name: made[name] for name in BENCHMARKS}


def _returns_over_gaps(bars: Bars) -> Array:
    """Log returns [T, A] in which a gap has none and the bar after it has the whole move; 0 before the first bar."""
    held = pl.DataFrame(np.log(bars.close)).fill_nan(None).select(pl.all().forward_fill()).to_numpy()
    return np.nan_to_num(np.diff(held, axis=0, prepend=held[:1]), nan=0.0)


def _sigma(residual: Array) -> Array:
    """Residual sigma per event, [N]: √(SSE ÷ (n − 2)) for every benchmark, as the references have it."""
    n = np.maximum(np.isfinite(residual).sum(1), 3)
    return np.asarray(np.sqrt(np.nansum(residual**2, axis=1) / (n - 2)))


def parameterless(name: str, r_est: Array, r_evt: Array, offsets: Array) -> Study:
    """A benchmark in which nothing is estimated: what it is given are abnormal returns, [N, S] and [N, E]."""
    none = np.zeros(len(r_est))
    return Study(name, r_evt, offsets, r_est, _sigma(r_est), none, np.zeros_like(r_evt), np.isfinite(r_evt))


def mean_model(r_est: Array, r_evt: Array, offsets: Array) -> Study:
    """Abnormal is what departs from the estimation span's mean."""
    mean = _mean(r_est)
    residual = r_est - mean[:, None]
    one_over_n = 1 / np.maximum(np.isfinite(r_est).sum(1), 3)
    abnormal, none = r_evt - mean[:, None], np.zeros_like(r_evt)
    return Study("mean", abnormal, offsets, residual, _sigma(residual), one_over_n, none, np.isfinite(r_evt))


def market_model(r_est: Array, r_evt: Array, m_est: Array, m_evt: Array, offsets: Array) -> Study:
    """Least squares on the index per event, bars without either left out. A flat index has slope 0."""
    valid = np.isfinite(r_est) & np.isfinite(m_est)
    y, x = np.where(valid, r_est, np.nan), np.where(valid, m_est, np.nan)
    n = np.maximum(valid.sum(1), 3)
    y_mean, x_mean = _mean(y), _mean(x)
    deviation = np.nan_to_num(x - x_mean[:, None], nan=0.0)
    sxx = np.einsum("ns,ns->n", deviation, deviation)
    sxy = np.einsum("ns,ns->n", deviation, np.nan_to_num(y - y_mean[:, None], nan=0.0))
    moves = sxx > 0
    beta = np.divide(sxy, sxx, out=np.zeros_like(sxy), where=moves)
    root = np.where(moves, np.sqrt(sxx), np.inf)
    alpha = y_mean - beta * x_mean
    residual = y - alpha[:, None] - beta[:, None] * x
    abnormal = r_evt - alpha[:, None] - beta[:, None] * m_evt
    leverage = np.nan_to_num((m_evt - x_mean[:, None]) / root[:, None], nan=0.0)
    return Study("market", abnormal, offsets, residual, _sigma(residual), 1 / n, leverage, np.isfinite(r_evt))


def _mean(x: Array) -> Array:
    """Mean of the known values in each row, [N]; NaN where there is none."""
    n = np.isfinite(x).sum(1)
    total = np.nansum(x, axis=1)
    return np.divide(total, n, out=np.full(len(x), np.nan), where=n > 0)


def car(study: Study, window_h: float) -> Array:
    """Cumulative abnormal return from the base close to its end, [N]; NaN where the window's last bar is missing."""
    return path(study)[:, _end(study, window_h)]


def path(study: Study) -> Array:
    """CAR from the base close to every offset, [N, E]: 0 at the base, backwards for offsets before it.

    NaN at an offset whose bar is missing, where the benchmark has no return on the way there, and everywhere for an
    event whose benchmark could not be fitted.
    """
    base = _base(study)
    known = np.isfinite(study.ar)
    total = np.cumsum(np.where(known, study.ar, 0.0), axis=1)
    missing = np.cumsum(~known, axis=1)
    fitted = np.isfinite(study.fit) & (study.fit > 0)
    before, lost = (total[:, [base]], missing[:, [base]]) if base >= 0 else (0.0, 0)
    return np.where(study.present & fitted[:, None] & (missing == lost), total - before, np.nan)


def _base(study: Study) -> int:
    """Column of the base close; −1 where the path begins after it."""
    at = np.flatnonzero(np.abs(study.offsets_h) < 1e-9)
    return int(at[0]) if len(at) else -1


def _end(study: Study, window_h: float) -> int:
    at = np.flatnonzero(np.isclose(study.offsets_h, window_h))
    if len(at) != 1:
        raise ValueError(f"a window of {window_h} h does not end at a bar; bars end every "
                         f"{study.offsets_h[1] - study.offsets_h[0]:g} h up to {study.offsets_h[-1]:g} h")  # fmt: skip
    return int(at[0])


def simple_sigma(bars: Bars, half_life_h: float = 36.0) -> Array:
    """EWMA volatility per bar, [T, A], for candles without an hour-of-week pattern (per √bar)."""
    return np.sqrt(ewma(log_returns(bars) ** 2, half_life_h / bars.step_h))


@dataclass(frozen=True)
class Shape:
    """How the moves of N events went within a window: peak CAR (log), hours to it, the share of it given back at the
    window's end, hours from the peak to the first bar with half of it or less left (NaN where that did not come).
    """

    peak: Array
    to_peak_h: Array
    reversal: Array
    half_life_h: Array

    def where(self, member: NDArray[np.bool_]) -> "Shape":
        """That of some events."""
        return Shape(*(v[member] for v in vars(self).values()))


def shape(study: Study, window_h: float) -> Shape:
    """The shape of each event's path within a window."""
    inside = (study.offsets_h > 1e-9) & (study.offsets_h <= window_h + 1e-9)
    cut, hours = path(study)[:, inside], study.offsets_h[inside]
    size = np.where(np.isfinite(cut), np.abs(cut), -1.0)
    at = size.argmax(1)
    peak = np.take_along_axis(cut, at[:, None], 1)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        left = cut / peak[:, None]
        reversal = np.where(np.abs(peak) > 0, 1 - left[:, -1], 0.0)
        halved = (left <= 0.5) & (hours > hours[at][:, None])
    first = hours[halved.argmax(1)] - hours[at]
    return Shape(peak, hours[at], reversal, np.where(halved.any(1), first, np.nan))
