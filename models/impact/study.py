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
    """Computes once what the tables share: studies, sigmas and placebo times per window.

    `windows_h`: windows after the release, those that the bars can show are kept. `level`: the scale of hourly bars;
    other bars go without an hour-of-week pattern. `index`: as `abnormal_returns` takes it.
    """

    def __init__(
        self, chosen: Sample, windows_h: tuple[float, ...], level: VolatilityScale | None, *, index: Array | None = None
    ) -> None:
        self.sample, self.bars, self.level, self.design = chosen, chosen.bars, level, chosen.design
        self.study_id = chosen.bars.timeframe
        self.studies = abnormal_returns(chosen.bars, chosen.events, chosen.design, index=index)
        self.groups = chosen.groups()
        self.plain = ewma_sigma(chosen.bars) if level is None else None
        self.windows = measurable_windows(chosen.bars, chosen.design, windows_h)
        if not self.windows:
            asked = ", ".join(f"{w:g} h" for w in windows_h)
            bars, most = chosen.bars.timeframe, chosen.design.after_h
            raise NoWindowError(f"no window is a whole number of {bars} bars, at most {most:g} h: {asked}")
        self.sigma = {w: self._sigma(w) for w in self.windows}
        self.placebo = {w: self._placebo(w) for w in self.windows}
        self.vague = {w: chosen.events.uncertainty_h > w for w in self.windows}

    def _sigma_grid(self, window_h: float) -> Array:
        steps = round(window_h / self.bars.step_h)
        if self.level is not None:
            return np.sqrt(self.level.horizon_variance(steps))
        assert self.plain is not None
        return self.plain * np.sqrt(steps)

    def _sigma(self, window_h: float) -> Array:
        """The reference walk's sigma of the window at each base close, [N]."""
        return self._sigma_grid(window_h)[self.sample.events.row, self.sample.events.asset]

    def _placebo(self, window_h: float) -> Placebo:
        grid = self._sigma_grid(window_h)
        return placebo_moves(self.bars, self.sample.events, grid, window_h, released=self.sample.released)

    def moves(self, benchmark: str) -> dict[float, Array]:
        """CAR of each window, [N] each; NaN where the window's last bar is missing."""
        cars = window_cars(self.studies[benchmark], self.windows)
        return {w: cars[:, i] for i, w in enumerate(self.windows)}

    def scaled(self, moves: Array, window_h: float) -> Array:
        """|CAR| ÷ sigma, [N]; NaN where the window is shorter than the uncertainty of the time."""
        return np.where(self.vague[window_h], np.nan, np.abs(moves) / self.sigma[window_h])

    def excess(self, window_h: float) -> Array:
        """Excess move of each release against the reference walk, [N]; NaN where it has none."""
        return self.scaled(self.moves(REFERENCE)[window_h], window_h) - self.placebo[window_h].mean

    def is_matched(self, group: str, window_h: float) -> bool:
        """Whether MIN_MATCHED of a group's measured releases have placebo times: else nothing is said of its excess."""
        member = self.member(group) & np.isfinite(self.scaled(self.moves(REFERENCE)[window_h], window_h))
        return bool(member.any() and np.isfinite(self.placebo[window_h].mean[member]).mean() >= MIN_MATCHED_SHARE)

    def member(self, group: str) -> NDArray[np.bool_]:
        """Releases of a group of tests, [N]; `all`: those of any."""
        return self.groups != "" if group == ALL else self.groups == group

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact against the reference walk, the mean, the market and the market model."""
        extra = {w: self.beside(w) for w in self.windows}
        rows = []
        for study in self.studies.values():
            moves, before = self.moves(study.benchmark), self.drift_before(study)
            for w in self.windows:
                rows.append(self.rows_of(study.benchmark, moves[w], path_shape(study, w), w, extra[w], before))
        return pl.concat(rows)

    def beside(self, window_h: float) -> pl.DataFrame:
        """What is known of a window whatever the benchmark."""
        events = self.sample.events
        return pl.DataFrame(
            {
                "abnormal_volume": abnormal_volume(self.bars, events, window_h),
                "abnormal_volatility": abnormal_volatility(self.bars, events, window_h),
                "n_overlapping": overlapping(events, self.sample.released, round(window_h / self.bars.step_h)),
            }
        )

    def drift_before(self, study: AbnormalReturns) -> Array:
        """CAR of the hours before the base close, [N]: news that leaked shows here."""
        if self.design.before_h < self.bars.step_h:
            return np.full(len(self.sample.events), np.nan)
        return window_cars(study, (-self.design.before_h,))[:, 0]

    def rows_of(
        self, benchmark: str, moves: Array, gone: PathShape, window_h: float, beside: pl.DataFrame, before: Array
    ) -> pl.DataFrame:
        """Rows of models.impact of one benchmark and window; `moves` [N] are its CAR, `before` [N] those before."""
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
            peak_car=pl.Series(gone.peak), time_to_peak_h=pl.Series(gone.to_peak_h),
            reversal_share=pl.Series(gone.reversal), half_life_h=pl.Series(gone.half_life_h),
            pre_release_car=pl.Series(before),
        )  # fmt: skip
        blank = ("placebo_move", "excess_move", "half_life_h", "pre_release_car", "abnormal_volume",
                 "abnormal_volatility")  # fmt: skip
        later = pl.max_horizontal("available_ts", "_document_ts")
        frame = frame.with_columns(_document_ts=self.sample.frame["available_ts"])
        known = pl.Series(np.isfinite(scaled))
        return (
            frame.hstack(beside)
            .filter(known)
            .with_columns(pl.col(*blank).fill_nan(None), available_ts=later)
            .drop("_document_ts")
        )

    def coverage_rows(self) -> pl.DataFrame:
        """Rows of models.impact_coverage: how many releases each window measures, and why it does not the others."""
        counted = {}
        raw = self.moves(REFERENCE)
        for w in self.windows:
            vague = self.vague[w]
            counted[w] = {MEASURED: int((~vague & np.isfinite(raw[w])).sum()), TIME_UNCERTAIN: int(vague.sum()),
                          UNFINISHED: int((~vague & ~np.isfinite(raw[w])).sum()), **self.sample.left_out}  # fmt: skip
        return coverage_rows(self.study_id, counted)

    def path_rows(self) -> pl.DataFrame:
        """Rows of models.impact_paths: mean CAR with its 95 % band, and the mean scaled move beside its placebo."""
        offsets = self.studies[REFERENCE].offsets_h
        shown = np.isclose(np.round(offsets), offsets)
        if self.bars.step_h < 1:
            shown &= np.abs(offsets) <= FINE_PATH_H
        paths = {name: car_path(study) for name, study in self.studies.items()}
        rows = []
        for at in np.flatnonzero(shown):
            hours = float(offsets[at])
            sigma = self._sigma(hours) if hours > 0 else None
            quiet = self._placebo(hours).mean if hours > 0 else None
            for benchmark in self.studies:
                rows += self._path_points(benchmark, hours, paths[benchmark][:, at], sigma, quiet)
        return pl.DataFrame(rows, infer_schema_length=None)

    def _path_points(
        self, benchmark: str, hours: float, values: Array, sigma: Array | None, quiet: Array | None
    ) -> list[dict[str, object]]:
        out = []
        for group in GROUPS:
            member = (self.groups == group) & np.isfinite(values)
            if hours > 0:
                member &= self.sample.events.uncertainty_h <= hours
            if not member.any():
                continue
            x = values[member]
            band = mean_with_overlap(x, self.sample.when_h[member], max(abs(hours), self.bars.step_h), test="path")
            known = None if quiet is None else quiet[member][np.isfinite(quiet[member])]
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
