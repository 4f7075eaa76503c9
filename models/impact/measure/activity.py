"""Abnormal volume and volatility after a release: the window against the same hours of the day in the month before."""

import numpy as np

from domain.types import Array
from features.candles import Bars
from features.volatility import parkinson
from models.impact.measure.events import Events

DAYS_BACK = 30
SKIP_DAYS = 1
MIN_DAYS = 10


def abnormal_volume(bars: Bars, events: Events, window_h: float) -> Array:
    """ln of the window's volume less its mean over the windows that began at that hour of the 2nd to 30th day before,
    [N].

    NaN where the window has a gap, fewer than MIN_DAYS of those before it are complete, or nothing was traded.
    """
    return _abnormal(bars.volume, bars, events, window_h)


def abnormal_volatility(bars: Bars, events: Events, window_h: float) -> Array:
    """As `abnormal_volume`, for the root of the summed range variance of each bar (Parkinson, 1980), [N]."""
    return 0.5 * _abnormal(parkinson(bars), bars, events, window_h)


def _abnormal(x: Array, bars: Bars, events: Events, window_h: float) -> Array:
    """ln of the window's sum of `x` [T, A] less its usual value, [N]."""
    steps, day = round(window_h / bars.step_h), max(1, round(24 / bars.step_h))
    known = np.isfinite(x)
    total = np.cumsum(np.pad(np.where(known, x, 0.0), ((1, 0), (0, 0))), axis=0)
    count = np.cumsum(np.pad(known, ((1, 0), (0, 0))), axis=0)
    back = np.arange(SKIP_DAYS + 1, DAYS_BACK + 1) * day
    start = events.row[:, None] - np.concatenate([[0], np.maximum(back, steps)])
    inside = (start >= 0) & (start + steps < len(x))
    low = np.where(inside, start, 0)
    steps = min(steps, len(x) - 1)
    asset = events.asset[:, None]
    whole = inside & (count[low + steps + 1, asset] - count[low + 1, asset] == steps)
    amount = total[low + steps + 1, asset] - total[low + 1, asset]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(whole & (amount > 0), np.log(amount), np.nan)
    before = np.isfinite(log[:, 1:])
    n = before.sum(1)
    usual = np.where(before, log[:, 1:], 0.0).sum(1) / np.maximum(n, 1)
    return np.where(n >= MIN_DAYS, log[:, 0] - usual, np.nan)
