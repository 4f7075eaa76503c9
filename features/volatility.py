"""Volatility from bars: Parkinson, Garman-Klass, realised, EWMA, and the hour-of-week pattern.

Everything here is causal: row t uses rows ≤ t only. Variances are per bar, in squared log return.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_returns, rolling_mean

SLOTS = 168
EWMA_HALF_LIFE_H = 36.0
PATTERN_HALF_LIFE_WEEKS = 52.0
PATTERN_PRIOR_WEEKS = 4.0
SLOT_WEIGHT = 0.3
CLIP = 25.0


def parkinson(bars: Bars) -> Array:
    """Variance from the range, [T, A]: ln(H/L)² ÷ (4 ln 2). Parkinson (1980)."""
    return np.log(bars.high / bars.low) ** 2 / (4 * np.log(2))


def garman_klass(bars: Bars) -> Array:
    """Variance from open, high, low, close, [T, A]: ½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)². Garman and Klass (1980)."""
    return 0.5 * np.log(bars.high / bars.low) ** 2 - (2 * np.log(2) - 1) * np.log(bars.close / bars.open) ** 2


def realised_volatility(returns: Array, span: int, min_valid: int | None = None) -> Array:
    """Root of the mean squared return over the last `span` bars, [T, A], per √bar."""
    return np.sqrt(rolling_mean(returns**2, span, min_valid or max(1, span // 2)))


def ewma(x: Array, half_life: float) -> Array:
    """Exponentially weighted mean of the valid values up to each row, [T, A]; NaN values are skipped.

    Weights are normalised, so that the first values are unbiased; NaN until the first valid value.
    """
    frame = pl.DataFrame({str(i): x[:, i] for i in range(x.shape[1])}).fill_nan(None)
    out = frame.select(pl.all().ewm_mean(half_life=half_life, adjust=True, ignore_nulls=True).forward_fill())
    return out.fill_null(float("nan")).to_numpy().astype(np.float64)


@dataclass(frozen=True)
class VolatilityScale:
    """Volatility known at each bar, by which the reference walk is scaled.

    `variance` [T, A]: EWMA variance per bar with the hour-of-week pattern taken out, known at the close of bar t.
    `patterns` [W, 168]: the pattern (relative variance, mean 1) as estimated from the weeks before week w only.
    `week`, `slot` [T]: the week of row t (index into `patterns`), and the hour of the week in which bar t lies.
    """

    variance: Array
    patterns: Array
    week: NDArray[np.int64]
    slot: NDArray[np.int64]

    def horizon_variance(self, horizon: int) -> Array:
        """Variance of the sum of the next `horizon` bars' returns, as known at each row, [T, A]."""
        return self.variance * self.pattern_sum(horizon)[:, None]

    def pattern_sum(self, horizon: int) -> Array:
        """Sum of the pattern over the next `horizon` hours, with the pattern known at each row, [T]."""
        doubled = np.concatenate([self.patterns] * (2 + horizon // SLOTS), axis=1)
        total = np.cumsum(np.pad(doubled, ((0, 0), (1, 0))), axis=1)
        start = self.slot + 1
        return total[self.week, start + horizon] - total[self.week, start]

    def factor(self) -> Array:
        """Relative volatility of the hour in which bar t lies, [T]."""
        return np.sqrt(self.patterns[self.week, self.slot])


def volatility_scale(bars: Bars, *, half_life_h: float = EWMA_HALF_LIFE_H, seasonal: bool = True) -> VolatilityScale:
    """EWMA volatility × hour-of-week pattern of hourly bars. ValueError for another timeframe."""
    if bars.timeframe != "1h":
        raise ValueError(f"the hour-of-week pattern needs 1h bars, got {bars.timeframe}")
    return scale_of_returns(log_returns(bars), bars.close_ts, half_life_h=half_life_h, seasonal=seasonal)


def scale_of_returns(
    returns: Array, close_ts: NDArray[np.datetime64], *, half_life_h: float = EWMA_HALF_LIFE_H, seasonal: bool = True
) -> VolatilityScale:
    """EWMA volatility × hour-of-week pattern of hourly `returns` [T, A] (log) of bars that closed at `close_ts` [T]."""
    hours = (close_ts.astype("datetime64[h]").astype(np.int64)) - 1
    absolute = hours + 72  # 1970-01-01 was a Thursday: slot 0 is Monday 00:00
    slot = absolute % SLOTS
    week = absolute // SLOTS - absolute[0] // SLOTS
    patterns = hour_of_week_patterns(returns, week, slot) if seasonal else np.ones((int(week[-1]) + 1, SLOTS))
    deseasoned = returns**2 / patterns[week, slot][:, None]
    return VolatilityScale(ewma(deseasoned, half_life_h), patterns, week, slot)


def hour_of_week_patterns(returns: Array, week: NDArray[np.int64], slot: NDArray[np.int64]) -> Array:
    """Relative variance of each hour of the week, estimated anew each week from the weeks before it, [W, 168].

    Squared returns ÷ a slow EWMA, averaged over assets (clipped, so that a single jump does not become a pattern), then
    over past weeks with exponential weights, shrunk towards hour-of-day × day-of-week and towards 1.
    """
    slow = ewma(returns**2, SLOTS)
    before = np.vstack([np.full((1, returns.shape[1]), np.nan), slow[:-1]])
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.minimum(returns**2 / before, CLIP)
    valid = np.isfinite(relative)
    n = valid.sum(1)
    level = np.where(n > 0, np.where(valid, relative, 0).sum(1) / np.maximum(n, 1), np.nan)
    weekly = np.full((int(week[-1]) + 1, SLOTS), np.nan)
    weekly[week, slot] = level
    return _smooth_patterns(weekly)


def _smooth_patterns(weekly: Array) -> Array:
    """Decayed means over past weeks, shrunk towards hour-of-day × day-of-week and towards 1, [W, 168]."""
    decay = 0.5 ** (1 / PATTERN_HALF_LIFE_WEEKS)
    total, weight = np.zeros(SLOTS), np.zeros(SLOTS)
    out = np.ones_like(weekly)
    for w in range(len(weekly)):
        if w:
            seen = np.isfinite(weekly[w - 1])
            total = decay * total + np.where(seen, weekly[w - 1], 0)
            weight = decay * weight + seen
        level = (total.sum() + PATTERN_PRIOR_WEEKS) / (weight.sum() + PATTERN_PRIOR_WEEKS)
        raw = (total / level + PATTERN_PRIOR_WEEKS) / (weight + PATTERN_PRIOR_WEEKS)
        grid = raw.reshape(7, 24)
        product = (grid.mean(1, keepdims=True) * grid.mean(0, keepdims=True)).ravel() / grid.mean()
        mixed = SLOT_WEIGHT * raw + (1 - SLOT_WEIGHT) * product
        out[w] = mixed / mixed.mean()
    return out
