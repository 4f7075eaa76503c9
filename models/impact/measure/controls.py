"""The times that a release is compared with: the same asset, hour of the day and state of volatility, in the year
before, the later the rather, since the ways of a market change.

Any times, whatever other releases they hold: the window of a release holds as many, so that what is found is what the
one release adds (docs/decisions/0010). Nothing after the start of the release's own window is looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.events import Events

DAYS_BACK = 364
NEAREST = 30
MIN_CONTROLS = 8
RECENT_H = 72.0
STATE_WEIGHTS = (1.0, 0.25, 1.0)  # of squared differences in ln sigma, ln recent sigma, ln last move
UNLIKE_WEIGHT = 4.0  # a weekend and a weekday, a release in the days before and none
AGE_WEIGHT = 4.0  # of the squared age, as a share of the oldest that may be looked at
CHUNK = 2000
NONE = -1


@dataclass(frozen=True)
class ControlRules:
    """What decides which times compare: `states` [T, A] each, `weekend` [T], `closed` [T] (rows where no window may
    start); bars between candidates (a day, less on a short history), of RECENT_H and of the longest window; `released`:
    every release on the grid.
    """

    states: list[Array]
    weekend: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    every: int
    recent: int
    longest: int
    released: Events

    def controls(self, row: NDArray[np.int64], asset: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows at which the comparison windows of windows from `row` [N] start, [N, NEAREST], NONE where there are
        fewer.
        """
        starts = range(0, len(row), CHUNK)
        parts = [self._of_chunk(row[at : at + CHUNK], asset[at : at + CHUNK]) for at in starts]
        return np.concatenate(parts) if parts else np.zeros((0, NEAREST), dtype=np.int64)

    def _of_chunk(self, row: NDArray[np.int64], asset: NDArray[np.int64]) -> NDArray[np.int64]:
        lags = self._lags()
        candidate = row[:, None] - lags
        last = len(self.weekend) - 1
        at, own, of = np.clip(candidate, 0, last), np.clip(row, 0, last), asset[:, None]
        distance = AGE_WEIGHT * (lags / lags[-1]) ** 2
        distance = distance + UNLIKE_WEIGHT * (self.weekend[at] != self.weekend[own][:, None])
        distance = distance + UNLIKE_WEIGHT * (self._just_released(candidate, asset) != self._just_released(row, asset))
        for state, weight in zip(self.states, STATE_WEIGHTS, strict=True):
            distance = distance + weight * (state[at, of] - state[own, asset][:, None]) ** 2
        usable = (candidate >= 0) & (candidate <= last) & ~self.closed[at] & np.isfinite(distance)
        distance = np.where(usable, distance, np.inf)
        short = max(0, NEAREST - distance.shape[1])
        distance = np.pad(distance, ((0, 0), (0, short)), constant_values=np.inf)
        candidate = np.pad(candidate, ((0, 0), (0, short)))
        best = np.sort(np.argpartition(distance, NEAREST - 1, axis=1)[:, :NEAREST], axis=1)
        found = np.isfinite(np.take_along_axis(distance, best, axis=1))
        return np.where(found, np.take_along_axis(candidate, best, axis=1), NONE)

    def _just_released(self, row: NDArray[np.int64], asset: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a release of the asset came shortly before each row, [N, K] (or [N, 1] of rows [N])."""
        rows = row.reshape(len(asset), -1)
        return has_release(rows - self.recent, rows - 1, asset, self.released)

    def _lags(self) -> NDArray[np.int64]:
        """Bars back to each candidate: so many that its longest window is over when the release's own begins."""
        first = -(-self.longest // self.every)
        return self.every * np.arange(first, DAYS_BACK + 1)


def has_release(
    first: NDArray[np.int64], last: NDArray[np.int64], asset: NDArray[np.int64], released: Events
) -> NDArray[np.bool_]:
    """Whether a release of the same asset lies in the rows from `first` to `last`, [N, K] of the assets [N]."""
    out = np.zeros(first.shape, dtype=bool)
    for a in np.unique(asset):
        mine = asset == a
        known = np.sort(released.row[released.asset == a])
        out[mine] = np.searchsorted(known, last[mine], side="right") > np.searchsorted(known, first[mine], side="left")
    return out
