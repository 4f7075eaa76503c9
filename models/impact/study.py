"""One study: the releases that one grid of bars can measure, and every table that follows from them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.volatility import VolatilityScale
from models.impact.measure.activity import abnormal_volatility, abnormal_volume
from models.impact.measure.benchmarks import AbnormalReturns, abnormal_returns, ewma_sigma
from models.impact.measure.paths import PathShape, car_path, path_shape
from models.impact.measure.placebo import Placebo, placebo_moves
from models.impact.sample import (
    ALL,
    GROUPS,
    MEASURED,
    TIME_UNCERTAIN,
    UNFINISHED,
    NoWindowError,
    Sample,
    coverage_rows,
    measurable_windows,
    overlapping,
)
from models.impact.significance.event_tests import window_cars
from models.impact.significance.overlap import mean_with_overlap

REFERENCE, FORECAST = "reference_walk", "transformer"
FINE_PATH_H = 24.0
MIN_MATCHED_SHARE = 0.8


class ImpactStudy:
    """What the tables of one study share, computed once: abnormal returns, sigmas and placebo times per window.

    `windows_h`: windows after the release; those that the bars can measure are kept. `scale`: volatility of hourly
    bars; other bars have no hour-of-week pattern. `index`: as `abnormal_returns` takes it.
    """

    def __init__(
        self, chosen: Sample, windows_h: tuple[float, ...], scale: VolatilityScale | None, *, index: Array | None = None
    ) -> None:
        self.sample, self.bars, self.scale, self.design = chosen, chosen.bars, scale, chosen.design
        self.study_id = chosen.bars.timeframe
        self.returns = abnormal_returns(chosen.bars, chosen.events, chosen.design, index=index)
        self.groups = chosen.groups()
        self.ewma_sigma = ewma_sigma(chosen.bars) if scale is None else None
        self.windows = measurable_windows(chosen.bars, chosen.design, windows_h)
        if not self.windows:
            requested = ", ".join(f"{w:g} h" for w in windows_h)
            bars, most = chosen.bars.timeframe, chosen.design.after_h
            raise NoWindowError(f"no window is a whole number of {bars} bars, at most {most:g} h: {requested}")
        self.sigma = {w: self._sigma(w) for w in self.windows}
        self.placebo = {w: self._placebo(w) for w in self.windows}
        self.uncertain = {w: chosen.events.uncertainty_h > w for w in self.windows}

    def _sigma_grid(self, window_h: float) -> Array:
        """The reference walk's sigma of the window at every row, [T, A]."""
        steps = round(window_h / self.bars.step_h)
        if self.scale is not None:
            return np.sqrt(self.scale.horizon_variance(steps))
        assert self.ewma_sigma is not None
        return self.ewma_sigma * np.sqrt(steps)

    def _sigma(self, window_h: float) -> Array:
        """The reference walk's sigma of the window at each base close, [N]."""
        return self._sigma_grid(window_h)[self.sample.events.row, self.sample.events.asset]

    def _placebo(self, window_h: float) -> Placebo:
        grid = self._sigma_grid(window_h)
        return placebo_moves(self.bars, self.sample.events, grid, window_h, released=self.sample.released)

    def moves(self, benchmark: str) -> dict[float, Array]:
        """CAR of each window, [N] each; NaN where the window's last bar is missing."""
        cars = window_cars(self.returns[benchmark], self.windows)
        return {w: cars[:, i] for i, w in enumerate(self.windows)}

    def scaled(self, moves: Array, window_h: float) -> Array:
        """|CAR| ÷ sigma, [N]; NaN where the window is shorter than the uncertainty of the time."""
        return np.where(self.uncertain[window_h], np.nan, np.abs(moves) / self.sigma[window_h])

    def excess(self, window_h: float) -> Array:
        """Excess move of each release against the reference walk, [N]; NaN where it has none."""
        return self.scaled(self.moves(REFERENCE)[window_h], window_h) - self.placebo[window_h].mean

    def is_matched(self, group: str, window_h: float) -> bool:
        """Whether MIN_MATCHED_SHARE of a group's measured releases have placebo times, which its excess move needs."""
        member = self.member(group) & np.isfinite(self.scaled(self.moves(REFERENCE)[window_h], window_h))
        return bool(member.any() and np.isfinite(self.placebo[window_h].mean[member]).mean() >= MIN_MATCHED_SHARE)

    def member(self, group: str) -> NDArray[np.bool_]:
        """Releases of a group of tests, [N]; `all`: those of any."""
        return self.groups != "" if group == ALL else self.groups == group

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact against the reference walk, the mean, the market and the market model."""
        activity = {w: self.activity_columns(w) for w in self.windows}
        rows = []
        for returns in self.returns.values():
            moves, before = self.moves(returns.benchmark), self.drift_before(returns)
            for w in self.windows:
                rows.append(self.rows_of(returns.benchmark, moves[w], path_shape(returns, w), w, activity[w], before))
        return pl.concat(rows)

    def activity_columns(self, window_h: float) -> pl.DataFrame:
        """The columns of a window that do not depend on the benchmark: volume, volatility, overlaps."""
        events = self.sample.events
        return pl.DataFrame(
            {
                "abnormal_volume": abnormal_volume(self.bars, events, window_h),
                "abnormal_volatility": abnormal_volatility(self.bars, events, window_h),
                "n_overlapping": overlapping(events, self.sample.released, round(window_h / self.bars.step_h)),
            }
        )

    def drift_before(self, returns: AbnormalReturns) -> Array:
        """CAR of the hours before the base close, [N], where leaked news would show."""
        if self.design.before_h < self.bars.step_h:
            return np.full(len(self.sample.events), np.nan)
        return window_cars(returns, (-self.design.before_h,))[:, 0]

    def rows_of(
        self, benchmark: str, moves: Array, shape: PathShape, window_h: float, activity: pl.DataFrame, before: Array
    ) -> pl.DataFrame:
        """Rows of models.impact of one benchmark and window; `moves` [N] are its CARs, `before` [N]
        those before the release."""
        events, placebo = self.sample.events, self.placebo[window_h]
        scaled = self.scaled(moves, window_h)
        raw = self.moves(REFERENCE)[window_h]
        base = pl.Series(self.bars.close_ts[events.row].astype("datetime64[us]")).dt.replace_time_zone("UTC")
        excess = scaled - placebo.mean if benchmark == REFERENCE else np.full(len(scaled), np.nan)
        frame = self.sample.frame.select("doc_id", "asset", "event_ts", "release_group", "is_late_stamp").with_columns(
            study_id=pl.lit(self.study_id), window_h=pl.lit(window_h), benchmark=pl.lit(benchmark), base_ts=base,
            available_ts=base + pl.duration(seconds=int(window_h * 3600)), timeframe=pl.lit(self.bars.timeframe),
            car=pl.Series(moves), bhar=pl.Series(np.exp(raw) - np.exp(raw - moves)),
            sigma=pl.Series(self.sigma[window_h]), scaled_move=pl.Series(scaled),
            placebo_move=pl.Series(placebo.mean), excess_move=pl.Series(excess),
            n_placebo=pl.Series(placebo.n.astype(np.int32)), forecast_quantile=pl.lit(None, pl.Float64),
            peak_car=pl.Series(shape.peak), time_to_peak_h=pl.Series(shape.to_peak_h),
            reversal_share=pl.Series(shape.reversal), half_life_h=pl.Series(shape.half_life_h),
            pre_release_car=pl.Series(before),
        )  # fmt: skip
        blank = ("placebo_move", "excess_move", "half_life_h", "pre_release_car", "abnormal_volume",
                 "abnormal_volatility")  # fmt: skip
        later = pl.max_horizontal("available_ts", "_document_ts")
        frame = frame.with_columns(_document_ts=self.sample.frame["available_ts"])
        known = pl.Series(np.isfinite(scaled))
        return (
            frame.hstack(activity)
            .filter(known)
            .with_columns(pl.col(*blank).fill_nan(None), available_ts=later)
            .drop("_document_ts")
        )

    def coverage_rows(self) -> pl.DataFrame:
        """Rows of models.impact_coverage: how many releases each window measures, and why others are not."""
        counted = {}
        raw = self.moves(REFERENCE)
        for w in self.windows:
            uncertain = self.uncertain[w]
            complete = np.isfinite(raw[w])
            counted[w] = {
                MEASURED: int((~uncertain & complete).sum()),
                TIME_UNCERTAIN: int(uncertain.sum()),
                UNFINISHED: int((~uncertain & ~complete).sum()),
                **self.sample.left_out,
            }
        return coverage_rows(self.study_id, counted)

    def path_rows(self) -> pl.DataFrame:
        """Rows of models.impact_paths: mean CAR with its 95 % band, and the mean scaled move beside its placebo."""
        offsets = self.returns[REFERENCE].offsets_h
        drawn = np.isclose(np.round(offsets), offsets)
        if self.bars.step_h < 1:
            drawn &= np.abs(offsets) <= FINE_PATH_H
        paths = {name: car_path(returns) for name, returns in self.returns.items()}
        rows = []
        for at in np.flatnonzero(drawn):
            hours = float(offsets[at])
            sigma = self._sigma(hours) if hours > 0 else None
            placebo = self._placebo(hours).mean if hours > 0 else None
            for benchmark in self.returns:
                rows += self._path_points(benchmark, hours, paths[benchmark][:, at], sigma, placebo)
        return pl.DataFrame(rows, infer_schema_length=None)

    def _path_points(
        self, benchmark: str, hours: float, values: Array, sigma: Array | None, placebo: Array | None
    ) -> list[dict[str, object]]:
        """One row per group with a release measured at this offset."""
        out = []
        for group in GROUPS:
            member = (self.groups == group) & np.isfinite(values)
            if hours > 0:
                member &= self.sample.events.uncertainty_h <= hours
            if not member.any():
                continue
            x = values[member]
            band = mean_with_overlap(x, self.sample.when_h[member], max(abs(hours), self.bars.step_h), test="path")
            known = None if placebo is None else placebo[member][np.isfinite(placebo[member])]
            out.append(
                {
                    "study_id": self.study_id,
                    "release_group": group,
                    "benchmark": benchmark,
                    "offset_h": hours,
                    "mean_abs_scaled": None if sigma is None else float(np.mean(np.abs(x) / sigma[member])),
                    "placebo_abs_scaled": float(known.mean()) if known is not None and len(known) else None,
                    "mean_car": float(x.mean()),
                    "low": band.low if band else float(x.mean()),
                    "high": band.high if band else float(x.mean()),
                    "n_releases": int(member.sum()),
                }
            )
        return out
