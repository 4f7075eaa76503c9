"""The moves of one study: every window before and after each release, beside those at its comparison times."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.volatility import VolatilityScale
from models.impact.measure.calendar import spans_with_announcement
from models.impact.measure.controls import RECENT_H, ControlRules
from models.impact.measure.matched import Matched, continuation, excess_moves
from models.impact.measure.moves import MoveGrid, raw_moves, residual_moves
from models.impact.measure.others import Others, beside_others, others_at
from models.impact.sample import Sample
from models.impact.significance.placebo_ranks import normal_scores

RAW, RESIDUAL = "reference_walk", "residual"
LAST_CLOSE, FIRST_CLOSE_AFTER = "last_close", "first_close_after"
BEFORE_H = (-24.0, -4.0, -1.0)
LARGE_BEFORE_H, LARGE_BEFORE = -4.0, 3.0
MOVE_BEFORE, ANNOUNCEMENT = "large move before", "macro announcement"
FEWEST_DAYS = 20  # of history, below which any hour compares with any other
MIN_KNOWN = 0.5  # of the releases, whose market must be known for residuals to answer
NO_ANNOUNCEMENTS = np.zeros(0, dtype="datetime64[s]")

Start = tuple[str, int]  # what a window is measured from, bars before it


@dataclass
class StudyMoves:
    """Moves of the releases of a sample over windows: positive ones after the release, negative ones before it.

    `index` [T, A]: log return of the market for each asset. `announcements`: moments that move every market
    (datetime64[s], UTC). Windows after a release are measured from the last close at or before its moment, or from the
    first close at or after the moment at which it was surely public.
    """

    sample: Sample
    scale: VolatilityScale | None
    index: Array
    windows: tuple[float, ...]
    announcements: NDArray[np.datetime64] = field(default_factory=lambda: NO_ANNOUNCEMENTS)
    _controls: dict[Start, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    _matched: dict[tuple[str, float, str], Matched] = field(default_factory=dict, repr=False)
    _scores: dict[tuple[str, float, str], Array] = field(default_factory=dict, repr=False)
    _stacked: dict[tuple[float, str], Matched] = field(default_factory=dict, repr=False)
    _others: dict[int, Others] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        bars = self.sample.bars
        span, gap, _, _ = self.sample.design.rows(bars)
        self.grids: dict[str, MoveGrid] = {RAW: raw_moves(bars, self.scale)}
        if np.isfinite(self.index).any():
            residual = residual_moves(bars, self.index, span, gap)
            known = np.isfinite(residual.beta[self.sample.events.row, self.sample.events.asset])
            if known.mean() >= MIN_KNOWN:
                self.grids[RESIDUAL] = residual

    @property
    def primary(self) -> str:
        """The benchmark whose excess moves answer the question: residuals, or raw moves where the market of too many
        releases is not known.
        """
        return RESIDUAL if RESIDUAL in self.grids else RAW

    @cached_property
    def before(self) -> tuple[float, ...]:
        """Windows before the release (negative hours) that are whole numbers of bars."""
        step, most = self.sample.bars.step_h, self.sample.design.before_h
        return tuple(w for w in BEFORE_H if -w <= most and -w >= step and abs(w / step - round(w / step)) < 1e-6)

    @cached_property
    def _rules(self) -> ControlRules:
        bars = self.sample.bars
        longest = round(max(self.windows) / bars.step_h)
        closes = bars.close_ts.astype("datetime64[s]")
        day = (closes.astype(np.int64) // 86400 + 3) % 7  # 0 is a Monday
        states = self.grids[self.primary].states()
        every = 24.0 if self._known_days(states[0]) >= FEWEST_DAYS else max(bars.step_h, min(1.0, max(self.windows)))
        return ControlRules(
            states, day >= 5,
            spans_with_announcement(closes, longest * bars.step_h, self.announcements),
            max(1, round(every / bars.step_h)), round(RECENT_H / bars.step_h), longest,
            self.sample.released,
        )  # fmt: skip

    def _known_days(self, state: Array) -> float:
        """On how many of the FEWEST_DAYS days before the release volatility is known, for the median release."""
        back = round(24 / self.sample.bars.step_h) * np.arange(1, FEWEST_DAYS + 1)
        row = self.sample.events.row[:, None] - back
        return float(
            np.median((np.isfinite(state[np.maximum(row, 0), self.sample.events.asset[:, None]]) & (row >= 0)).sum(1))
        )

    def start(self, window_h: float, base: str) -> tuple[NDArray[np.int64], int]:
        """Rows at which a window starts, [N], and its bars."""
        steps = round(abs(window_h) / self.sample.bars.step_h)
        if window_h < 0:
            return self.sample.events.row - steps, steps
        return (self.sample.events.row if base == LAST_CLOSE else self.sample.row_after), steps

    def controls(self, window_h: float, base: str) -> NDArray[np.int64]:
        """Rows at which the comparison times of a window start, [N, K]."""
        row, steps = self.start(window_h, base)
        key = (base, steps if window_h < 0 else 0)
        if key not in self._controls:
            self._controls[key] = self._rules.controls(row, self.sample.events.asset)
        return self._controls[key]

    def matched(self, benchmark: str, window_h: float, base: str = LAST_CLOSE) -> Matched:
        """|Move| ÷ sigma of each release and at its comparison times; NaN where the time is less certain than the
        window.
        """
        key = (benchmark, window_h, base)
        if key not in self._matched:
            row, steps = self.start(window_h, base)
            found = excess_moves(
                self.grids[benchmark], row, self.sample.events.asset, self.controls(window_h, base), steps
            )
            self._matched[key] = found.blanked(self.uncertain(window_h))
        return self._matched[key]

    def beside_others(self, window_h: float, base: str = LAST_CLOSE) -> Matched:
        """`matched` of the primary benchmark less that of other assets at the same time."""
        key = (window_h, base)
        if key not in self._stacked:
            steps = self.start(window_h, base)[1]
            if steps not in self._others:
                self._others[steps] = others_at(self.grids[self.primary], self.sample.released, steps)
            asset = self.sample.events.asset
            self._stacked[key] = beside_others(self.matched(self.primary, window_h, base), asset, self._others[steps])
        return self._stacked[key]

    def scores(self, benchmark: str, window_h: float, base: str = LAST_CLOSE) -> Array:
        """Normal scores of each release and its comparison times among each other, [N, 1 + K]."""
        key = (benchmark, window_h, base)
        if key not in self._scores:
            found = self.matched(benchmark, window_h, base)
            self._scores[key] = normal_scores(found.own, found.control)
        return self._scores[key]

    def continued(self, first_h: float, window_h: float) -> tuple[Matched, Matched]:
        """How the move of the first hours went on until the end of a window, and its own size; from the last close."""
        step, asset = self.sample.bars.step_h, self.sample.events.asset
        hidden = self.uncertain(first_h)
        later, first = continuation(
            self.grids[self.primary], self.sample.events.row, asset, self.controls(window_h, LAST_CLOSE),
            (round(first_h / step), round(window_h / step)),
        )  # fmt: skip
        return later.blanked(hidden), first.blanked(hidden)

    def uncertain(self, window_h: float) -> NDArray[np.bool_]:
        """Releases whose time is less certain than the window is long, [N]."""
        return self.sample.events.uncertainty_h > abs(window_h)

    def confounded(self, window_h: float) -> NDArray[np.str_]:
        """What else may have moved prices in a window, [N]: an announcement in it, a large move before; '' where
        nothing.

        A move is large beyond LARGE_BEFORE sigmas in the four hours before. What prices did after is not looked at, so
        that leaving these out does not choose by the outcome.
        """
        row, _ = self.start(window_h, LAST_CLOSE)
        closes = self.sample.bars.close_ts.astype("datetime64[s]")
        announced = spans_with_announcement(closes[np.maximum(row, 0)], abs(window_h), self.announcements)
        large = self.large_before if window_h > 0 else np.zeros(len(row), dtype=bool)
        return np.where(announced, ANNOUNCEMENT, np.where(large, MOVE_BEFORE, ""))

    @cached_property
    def large_before(self) -> NDArray[np.bool_]:
        """Releases before which prices had moved far already, [N]."""
        if LARGE_BEFORE_H not in self.before:
            return np.zeros(len(self.sample.events), dtype=bool)
        row, steps = self.start(LARGE_BEFORE_H, LAST_CLOSE)
        moved = self.grids[self.primary].scaled(row, self.sample.events.asset, steps)
        return np.abs(np.nan_to_num(moved)) > LARGE_BEFORE
