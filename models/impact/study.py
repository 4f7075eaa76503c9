"""One study: the releases that one grid of bars can measure, and every table that follows from them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.volatility import VolatilityScale
from models.impact.measure.activity import abnormal_volatility, abnormal_volume
from models.impact.measure.benchmarks import abnormal_returns, others_index
from models.impact.measure.matched import Matched
from models.impact.measure.paths import PathShape, path_shape
from models.impact.sample import (
    ALL,
    MEASURED,
    TIME_UNCERTAIN,
    UNFINISHED,
    NoWindowError,
    Sample,
    coverage_rows,
    hours_since_1970,
    measurable_windows,
    overlapping,
)
from models.impact.significance.event_tests import window_cars
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE, NO_ANNOUNCEMENTS, RAW, StudyMoves

FORECAST = "transformer"


class ImpactStudy:
    """What the tables of one study share, computed once: abnormal returns, moves and those of comparison times.

    `windows_h`: windows after the release; those that the bars can measure are kept. `scale`: volatility of hourly
    bars; other bars have no hour-of-week pattern. `index`: as `abnormal_returns` takes it. `announcements`: moments
    that move every market.
    """

    def __init__(
        self,
        chosen: Sample,
        windows_h: tuple[float, ...],
        scale: VolatilityScale | None,
        *,
        index: Array | None = None,
        announcements: NDArray[np.datetime64] = NO_ANNOUNCEMENTS,
    ) -> None:
        self.sample, self.bars, self.design = chosen, chosen.bars, chosen.design
        self.study_id = chosen.bars.timeframe
        self.windows = measurable_windows(chosen.bars, chosen.design, windows_h)
        if not self.windows:
            requested = ", ".join(f"{w:g} h" for w in windows_h)
            bars, most = chosen.bars.timeframe, chosen.design.after_h
            raise NoWindowError(f"no window is a whole number of {bars} bars, at most {most:g} h: {requested}")
        index = others_index(chosen.bars, chosen.design.rows(chosen.bars)[0]) if index is None else index
        self.returns = abnormal_returns(chosen.bars, chosen.events, chosen.design, index=index)
        self.groups = chosen.groups()
        self.moves = StudyMoves(chosen, scale, index, self.windows, announcements)
        self.hours = hours_since_1970(chosen.bars.close_ts)

    @property
    def before(self) -> tuple[float, ...]:
        """The windows before the release, as negative hours."""
        return self.moves.before

    def sigma(self, window_h: float, benchmark: str = RAW) -> Array:
        """Sigma of a window's move at its start, [N]: of residuals for the residual benchmark, else the reference
        walk's.
        """
        row, steps = self.moves.start(window_h, LAST_CLOSE)
        grid = self.moves.grids[benchmark if benchmark in self.moves.grids else RAW]
        return grid.sigma(np.maximum(row, 0), self.sample.events.asset, steps)

    def cars(self, benchmark: str, windows: tuple[float, ...] | None = None) -> dict[float, Array]:
        """CAR of each window, [N] each; NaN where the window's last bar is missing."""
        windows = windows or self.windows
        cars = window_cars(self.returns[benchmark], windows)
        return {w: cars[:, i] for i, w in enumerate(windows)}

    def scaled(self, cars: Array, window_h: float, benchmark: str = RAW) -> Array:
        """|CAR| ÷ sigma, [N]; NaN where the window is shorter than the uncertainty of the time."""
        return np.where(self.moves.uncertain(window_h), np.nan, np.abs(cars) / self.sigma(window_h, benchmark))

    def excess(self, window_h: float) -> Array:
        """Excess move of each release by the primary benchmark, [N]; NaN where it has none or is confounded."""
        excess = self.moves.matched(self.moves.primary, window_h).excess
        return np.where(self.clean(window_h), excess, np.nan)

    def clean(self, window_h: float) -> NDArray[np.bool_]:
        """Releases in whose window nothing else is known to have moved prices, [N]."""
        return self.moves.confounded(window_h) == ""

    def member(self, group: str) -> NDArray[np.bool_]:
        """Releases of a group of tests, [N]; `all`: those of any."""
        return self.groups != "" if group == ALL else self.groups == group

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact: each benchmark, each window after the release and before it."""
        windows = (*self.before, *self.windows)
        activity = {w: self.activity_columns(w) for w in windows}
        rows = []
        for returns in self.returns.values():
            cars = self.cars(returns.benchmark, windows)
            for w in windows:
                shape = path_shape(returns, w) if w > 0 else None
                rows.append(self.rows_of(returns.benchmark, cars[w], shape, w, activity[w]))
        return pl.concat(rows)

    def activity_columns(self, window_h: float) -> pl.DataFrame:
        """The columns of a window that no benchmark changes: volume, volatility, overlaps, what else moved."""
        events, steps = self.sample.events, round(abs(window_h) / self.bars.step_h)
        none = np.full(len(events), np.nan)
        after = window_h > 0
        confounded = pl.Series(self.moves.confounded(window_h))
        return pl.DataFrame(
            {
                "abnormal_volume": abnormal_volume(self.bars, events, window_h) if after else none,
                "abnormal_volatility": abnormal_volatility(self.bars, events, window_h) if after else none,
                "n_overlapping": overlapping(events, self.sample.released, steps),
                "confounded_by": confounded.replace("", None),
            }
        )

    def rows_of(
        self, benchmark: str, cars: Array, shape: PathShape | None, window_h: float, activity: pl.DataFrame
    ) -> pl.DataFrame:
        """Rows of models.impact of one benchmark and window; `cars` [N], `shape` of the paths after the release."""
        events, none = self.sample.events, np.full(len(cars), np.nan)
        scaled = self.scaled(cars, window_h, benchmark)
        raw = self.cars(RAW, (window_h,))[window_h]
        base = pl.Series(self.bars.close_ts[events.row].astype("datetime64[us]")).dt.replace_time_zone("UTC")
        shape = shape or PathShape(none, none, none, none)
        frame = self.sample.frame.select("doc_id", "asset", "event_ts", "release_group", "is_late_stamp").with_columns(
            study_id=pl.lit(self.study_id), window_h=pl.lit(window_h), benchmark=pl.lit(benchmark), base_ts=base,
            available_ts=base + pl.duration(seconds=int(max(window_h, 0.0) * 3600)),
            timeframe=pl.lit(self.bars.timeframe), car=pl.Series(cars),
            bhar=pl.Series(np.exp(raw) - np.exp(raw - cars)), sigma=pl.Series(self.sigma(window_h, benchmark)),
            scaled_move=pl.Series(scaled), forecast_quantile=pl.lit(None, pl.Float64),
            peak_car=pl.Series(shape.peak), time_to_peak_h=pl.Series(shape.to_peak_h),
            reversal_share=pl.Series(shape.reversal), half_life_h=pl.Series(shape.half_life_h),
            **self._beside_controls(benchmark, window_h, scaled), _document_ts=self.sample.frame["available_ts"],
        )  # fmt: skip
        blank = [c for c, kind in frame.schema.items() if kind == pl.Float64 and c not in ("car", "bhar", "window_h")]
        later = pl.max_horizontal("available_ts", "_document_ts")
        return (
            frame.with_columns(pl.col(*blank).fill_nan(None), available_ts=later)
            .hstack(activity.with_columns(pl.col("abnormal_volume", "abnormal_volatility").fill_nan(None)))
            .filter(pl.Series(np.isfinite(scaled)))
            .drop("_document_ts")
        )

    def _beside_controls(self, benchmark: str, window_h: float, scaled: Array) -> dict[str, pl.Series]:
        """The columns that hold a move beside those of its comparison times; null for benchmarks that have none."""
        none = np.full(len(scaled), np.nan)
        known = benchmark in self.moves.grids
        own = self.moves.matched(benchmark, window_h) if known else Matched(none, none[:, None], none, none)
        score = self.moves.scores(benchmark, window_h)[:, 0] if known else none
        after = none
        if known and window_h > 0:
            after = self.moves.matched(benchmark, window_h, FIRST_CLOSE_AFTER).excess
        return {
            "placebo_move": pl.Series(own.mean if known else none),
            "excess_move": pl.Series(scaled - own.mean if known else none),
            "excess_move_after_stamp": pl.Series(after),
            "placebo_score": pl.Series(score),
            "n_placebo": pl.Series(own.n.astype(np.int32) if known else np.zeros(len(scaled), dtype=np.int32)),
        }

    def coverage_rows(self) -> pl.DataFrame:
        """Rows of models.impact_coverage: how many releases each window measures, and why others are not."""
        counted = {}
        raw = self.cars(RAW)
        for w in self.windows:
            uncertain = self.moves.uncertain(w)
            complete = np.isfinite(raw[w])
            counted[w] = {
                MEASURED: int((~uncertain & complete).sum()),
                TIME_UNCERTAIN: int(uncertain.sum()),
                UNFINISHED: int((~uncertain & ~complete).sum()),
                **self.sample.left_out,
            }
        return coverage_rows(self.study_id, counted)
