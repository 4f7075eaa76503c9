"""Which releases can be measured on a grid of bars, and why others are excluded."""

import logging
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_returns

MIN_SHARE = 0.8


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
        """The part of the releases that `member` [N] selects."""
        return Events(self.asset[member], self.row[member], self.uncertainty_h[member])


EXCLUSION_REASONS = (
    "asset has no candles", "before the candles begin", "after the candles end", "no price at the base close",
    "estimation span not filled",
)  # fmt: skip


def exclusion_reasons(bars: Bars, events: Events, design: Design) -> NDArray[np.int64]:
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
    return exclusion_reasons(bars, events, design or Design()) < 0


log = logging.getLogger("tapewire.impact")

MAX_VALUES = 20_000_000  # of one array of a study: releases × bars of estimation


def design_for(bars: Bars, releases: pl.DataFrame) -> Design:
    """The spans of a study. Where the releases on these candles would not fit into memory, the estimation span is
    shortened, to a day at least, with a warning in the log.
    """
    whole = Design()
    n = len(releases.filter(pl.col("asset").is_in(list(bars.assets))))
    room = MAX_VALUES // max(n, 1)
    if whole.rows(bars)[0] <= room:
        return whole
    days = max(1, int(room * bars.step_h / 24))
    log.warning("%s candles: estimation over %d days instead of %g for %d releases, to limit memory", bars.timeframe,
                days, whole.estimation_h / 24, n)  # fmt: skip
    return replace(whole, estimation_h=24.0 * days)
