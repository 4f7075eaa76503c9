"""Matched placebo times: same asset and hour of the week, similar volatility, no release near. From the past only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_path
from models.impact.measure.events import Events

WEEKS_BACK = 26
NEAR_H = 72.0
VOLATILITY_RATIO = 1.6
MIN_PLACEBO = 4


@dataclass(frozen=True)
class Placebo:
    """Placebo times of N events, K candidates each: rows and |return| ÷ sigma there (NaN where unusable), [N, K]."""

    rows: NDArray[np.int64]
    moves: Array

    @property
    def n(self) -> NDArray[np.int64]:
        """Placebo times per event, [N]."""
        return np.isfinite(self.moves).sum(1)

    @property
    def mean(self) -> Array:
        """Mean move per event, [N]; NaN below MIN_PLACEBO placebo times."""
        total = np.nan_to_num(self.moves, nan=0.0).sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.n >= MIN_PLACEBO, total / self.n, np.nan)

    def where(self, member: NDArray[np.bool_]) -> "Placebo":
        """The part of the events that `member` [N] selects."""
        return Placebo(self.rows[member], self.moves[member])


def placebo_moves(
    bars: Bars, events: Events, sigma: Array, window_h: float, *, released: Events | None = None
) -> Placebo:
    """The placebo times of each event and what prices did in the window after them.

    `sigma` [T, A]: the reference walk's sigma of the window as known at each row. Candidates lie 1 to 26 weeks before
    the event; those whose window reaches within NEAR_H of a release of the same asset (this one included), whose
    sigma differs by more than a factor 1.6, or that lack a price are unusable. `released`: all releases, where `events`
    are only some of them.
    """
    steps = round(window_h / bars.step_h)
    week = round(168 / bars.step_h)
    rows = events.row[:, None] - week * np.arange(1, WEEKS_BACK + 1)
    col = np.broadcast_to(events.asset[:, None], rows.shape)
    safe = np.maximum(rows, 0)
    end = np.minimum(safe + steps, len(bars.close_ts) - 1)
    path = log_path(bars)
    move = np.abs(path[end, col] - path[safe, col]) / sigma[safe, col]
    ratio = sigma[safe, col] / sigma[events.row, events.asset][:, None]
    good = (rows >= 0) & np.isfinite(move) & (ratio < VOLATILITY_RATIO) & (ratio > 1 / VOLATILITY_RATIO)
    good &= ~_near_release(events, released or events, rows, steps, round(NEAR_H / bars.step_h))
    return Placebo(rows, np.where(good, move, np.nan))


def _near_release(
    events: Events, released: Events, rows: NDArray[np.int64], steps: int, near: int
) -> NDArray[np.bool_]:
    """Whether a placebo window [row, row + steps] comes within `near` bars of a release of the same asset, [N, K]."""
    out = np.zeros(rows.shape, dtype=bool)
    for asset in np.unique(events.asset):
        mine = events.asset == asset
        known = np.sort(released.row[released.asset == asset])
        low = np.searchsorted(known, rows[mine] - near, side="left")
        high = np.searchsorted(known, rows[mine] + steps, side="right")
        out[mine] = high > low
    return out
