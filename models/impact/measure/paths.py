"""Cumulative abnormal returns along the event window: path, peak, reversal, half-life."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.benchmarks import AbnormalReturns


def car(returns: AbnormalReturns, window_h: float) -> Array:
    """Cumulative abnormal return from the base close to its end, [N]; NaN where the window's last bar is missing."""
    return car_path(returns)[:, _end(returns, window_h)]


def car_path(returns: AbnormalReturns) -> Array:
    """CAR from the base close to every offset, [N, E]: 0 at the base, backwards for offsets before it.

    NaN at an offset whose bar is missing or before which a benchmark return is missing, and everywhere for an event
    whose benchmark could not be fitted.
    """
    base = _base(returns)
    known = np.isfinite(returns.ar)
    total = np.cumsum(np.where(known, returns.ar, 0.0), axis=1)
    missing = np.cumsum(~known, axis=1)
    fitted = np.isfinite(returns.residual_sigma) & (returns.residual_sigma > 0)
    before, lost = (total[:, [base]], missing[:, [base]]) if base >= 0 else (0.0, 0)
    return np.where(returns.present & fitted[:, None] & (missing == lost), total - before, np.nan)


def _base(returns: AbnormalReturns) -> int:
    """Column of the base close; −1 where the path begins after it."""
    at = np.flatnonzero(np.abs(returns.offsets_h) < 1e-9)
    return int(at[0]) if len(at) else -1


def _end(returns: AbnormalReturns, window_h: float) -> int:
    """Column of the bar at which the window ends. ValueError where none does."""
    at = np.flatnonzero(np.isclose(returns.offsets_h, window_h))
    if len(at) != 1:
        raise ValueError(
            f"a window of {window_h} h does not end at a bar; bars end every "
            f"{returns.offsets_h[1] - returns.offsets_h[0]:g} h up to {returns.offsets_h[-1]:g} h"
        )
    return int(at[0])


@dataclass(frozen=True)
class PathShape:
    """Paths of N events within a window: peak CAR (log), hours to the peak, share of the peak reversed at the window's
    end (NaN in a window of one bar, or without a move), hours from the peak to the first bar with at most half of it
    left (NaN where there is none).
    """

    peak: Array
    to_peak_h: Array
    reversal: Array
    half_life_h: Array

    def where(self, member: NDArray[np.bool_]) -> "PathShape":
        """The part of the events that `member` [N] selects."""
        return PathShape(*(v[member] for v in vars(self).values()))


def path_shape(returns: AbnormalReturns, window_h: float) -> PathShape:
    """The shape of each event's path within a window."""
    inside = (returns.offsets_h > 1e-9) & (returns.offsets_h <= window_h + 1e-9)
    cut, hours = car_path(returns)[:, inside], returns.offsets_h[inside]
    size = np.where(np.isfinite(cut), np.abs(cut), -1.0)
    at = size.argmax(1)
    peak = np.take_along_axis(cut, at[:, None], 1)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        left = cut / peak[:, None]
        reversal = np.where((np.abs(peak) > 0) & (inside.sum() > 1), 1 - left[:, -1], np.nan)
        halved = (left <= 0.5) & (hours > hours[at][:, None])
    first = hours[halved.argmax(1)] - hours[at]
    return PathShape(peak, hours[at], reversal, np.where(halved.any(1), first, np.nan))
