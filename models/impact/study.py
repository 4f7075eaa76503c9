"""One study: the releases that one grid of bars can measure, and every table that follows from them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from features.candles import Array, Bars
from features.volatility import Scale
from models.impact.abnormal import (
    REASONS,
    Design,
    Events,
    Shape,
    Study,
    path,
    shape,
    simple_sigma,
    studies,
    unmeasurable,
)
from models.impact.activity import abnormal_volatility, abnormal_volume
from models.impact.inference import STANDS, event_tests, ready, window_cars
from models.impact.outcome import Outcome
from models.impact.overlap import excess_move, mean_with_overlap
from models.impact.placebo import Placebo, placebo_moves

ALL = "all"
GROUPS = ("real", "generated", "fabricated", "unlabelled", "late_stamp")
REFERENCE, FORECAST = "reference_walk", "transformer"
FINE_PATH_H = 24.0
MIN_MATCHED = 0.8
EFFECT = {"excess_move": 0.25, "mean_car": 0.01, "cross_sectional_t": 0.01}
VAGUE, UNFINISHED, MEASURED = "time less certain than the window", "window's last bar is missing", "measured"


@dataclass(frozen=True)
class Sample:
    """Releases that can be measured on one grid of bars, in step with `events`.

    `frame` has doc_id, asset, event_ts, available_ts, release_group, is_late_stamp, is_recommended. `released` has
    every release on the grid, those that cannot be measured included: placebo times keep clear of them too. `left_out`
    counts by reason those that cannot.
    """

    frame: pl.DataFrame
    events: Events
    bars: Bars
    released: Events
    left_out: dict[str, int]
    design: Design

    @property
    def when_h(self) -> Array:
        """Base closes in hours since 1970, [N]."""
        return _hours(self.bars.close_ts)[self.events.row]

    def groups(self) -> NDArray[np.str_]:
        """Group of each release for tests, [N]."""
        return self.frame.select(test_group()).to_series().to_numpy().astype(str)

    def unmeasured_rows(self, windows_h: tuple[float, ...]) -> pl.DataFrame:
        """Rows of models.impact_coverage where no release could be measured at all."""
        shown = shown_windows(self.bars, self.design, windows_h)
        return _coverage(self.bars.timeframe, dict.fromkeys(shown, self.left_out))


def test_group() -> pl.Expr:
    """Group of a release for tests: late stamps apart, those that a curated table advises against in none ('')."""
    late = pl.when(pl.col("is_late_stamp")).then(pl.lit("late_stamp")).otherwise("release_group")
    return pl.when(pl.col("is_recommended")).then(late).otherwise(pl.lit("")).alias("test_group")


def shown_windows(bars: Bars, design: Design, windows_h: tuple[float, ...]) -> tuple[float, ...]:
    """The windows that are a whole number of bars and end within the path after a release."""
    step, longest = bars.step_h, design.after_h
    return tuple(float(w) for w in windows_h if step - 1e-9 <= w <= longest and abs(w / step - round(w / step)) < 1e-6)


def _coverage(study_id: str, counted: dict[float, dict[str, int]]) -> pl.DataFrame:
    rows = [(study_id, w, reason, n) for w, of in counted.items() for reason, n in of.items()]
    schema = {"study_id": pl.String, "window_h": pl.Float64, "reason": pl.String, "n_releases": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _hours(close_ts: NDArray[np.datetime64]) -> Array:
    return close_ts.astype("datetime64[s]").astype(np.float64) / 3600


def sample(releases: pl.DataFrame, bars: Bars, design: Design | None = None) -> Sample:
    """The releases (one row per doc_id and asset) whose asset is in the grid and whose estimation span is filled."""
    design = design or Design()
    frame = releases.filter(pl.col("asset").is_in(list(bars.assets))).sort("event_ts", "doc_id", "asset")
    position = {a: i for i, a in enumerate(bars.assets)}
    asset = np.array([position[a] for a in frame["asset"].to_list()], dtype=np.int64)
    moment = frame["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    uncertain = (frame["available_ts"] - frame["event_ts"]).dt.total_seconds().to_numpy() / 3600
    events = Events(asset, bars.row_at(moment).astype(np.int64), uncertain.astype(np.float64))
    why = unmeasurable(bars, events, design) if len(frame) else np.zeros(0, dtype=np.int64)
    left_out = {reason: int((why == i).sum()) for i, reason in enumerate(REASONS)}
    left_out[REASONS[0]] = len(releases) - len(frame)
    keep = why < 0
    return Sample(
        frame.filter(pl.Series(keep, dtype=pl.Boolean)), events.where(keep), bars, events,
        {k: v for k, v in left_out.items() if v}, design,
    )  # fmt: skip


class NoWindowError(ValueError):
    """The bars can show none of the windows."""


class ImpactStudy:
    """Computes once what the tables share: studies, sigmas and placebo times per window.

    `windows_h`: windows after the release, those that the bars can show are kept. `level`: the scale of hourly bars;
    other bars go without an hour-of-week pattern. `index`: as `studies` takes it.
    """

    def __init__(
        self, chosen: Sample, windows_h: tuple[float, ...], level: Scale | None, *, index: Array | None = None
    ) -> None:
        self.sample, self.bars, self.level, self.design = chosen, chosen.bars, level, chosen.design
        self.study_id = chosen.bars.timeframe
        self.studies = studies(chosen.bars, chosen.events, chosen.design, index=index)
        self.groups = chosen.groups()
        self.plain = simple_sigma(chosen.bars) if level is None else None
        self.windows = shown_windows(chosen.bars, chosen.design, windows_h)
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
        return bool(member.any() and np.isfinite(self.placebo[window_h].mean[member]).mean() >= MIN_MATCHED)

    def member(self, group: str) -> NDArray[np.bool_]:
        """Releases of a group of tests, [N]; `all`: those of any."""
        return self.groups != "" if group == ALL else self.groups == group

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact against the reference walk, the mean, the market and the market model."""
        extra = {w: self._beside(w) for w in self.windows}
        rows = []
        for study in self.studies.values():
            moves, before = self.moves(study.benchmark), self._drift(study)
            for w in self.windows:
                rows.append(self._impact(study.benchmark, moves[w], shape(study, w), w, extra[w], before))
        return pl.concat(rows)

    def _beside(self, window_h: float) -> pl.DataFrame:
        """What is known of a window whatever the benchmark."""
        events = self.sample.events
        return pl.DataFrame({
            "abnormal_volume": abnormal_volume(self.bars, events, window_h),
            "abnormal_volatility": abnormal_volatility(self.bars, events, window_h),
            "n_overlapping": overlapping(events, self.sample.released, round(window_h / self.bars.step_h)),
        })  # fmt: skip

    def _drift(self, study: Study) -> Array:
        """CAR of the hours before the base close, [N]: news that leaked shows here."""
        if self.design.before_h < self.bars.step_h:
            return np.full(len(self.sample.events), np.nan)
        return window_cars(study, (-self.design.before_h,))[:, 0]

    def _impact(
        self, benchmark: str, moves: Array, gone: Shape, window_h: float, beside: pl.DataFrame, before: Array
    ) -> pl.DataFrame:  # fmt: skip
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
            counted[w] = {MEASURED: int((~vague & np.isfinite(raw[w])).sum()), VAGUE: int(vague.sum()),
                          UNFINISHED: int((~vague & ~np.isfinite(raw[w])).sum()), **self.sample.left_out}  # fmt: skip
        return _coverage(self.study_id, counted)

    def path_rows(self) -> pl.DataFrame:
        """Rows of models.impact_paths: mean CAR with its 95 % band, and the mean scaled move beside its placebo."""
        offsets = self.studies[REFERENCE].offsets_h
        shown = np.isclose(np.round(offsets), offsets)
        if self.bars.step_h < 1:
            shown &= np.abs(offsets) <= FINE_PATH_H
        paths = {name: path(study) for name, study in self.studies.items()}
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
                    "study_id": self.study_id, "release_group": group, "benchmark": benchmark, "offset_h": hours,
                    "mean_abs_scaled": None if sigma is None else float(np.mean(np.abs(x) / sigma[member])),
                    "placebo_abs_scaled": float(known.mean()) if known is not None and len(known) else None,
                    "mean_car": float(x.mean()), "low": band.low if band else float(x.mean()),
                    "high": band.high if band else float(x.mean()), "n_releases": int(member.sum()),
                }
            )  # fmt: skip
        return out

    def test_rows(self) -> pl.DataFrame:
        """Rows of models.impact_tests: every test per group, window and benchmark, and the excess move.

        Windows are those after the release, and (negative) the time before it. Benchmarks are worked on side by side.
        """
        groups = [g for g in (ALL, *GROUPS) if self.member(g).any()]
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda study: self._tests_of(study, groups), self.studies.values()))
        rows = [row for part in parts for row in part] + self._excess_tests(groups)
        return told(rows)

    def _tests_of(self, study: Study, groups: list[str]) -> list[dict[str, object]]:
        before = (-self.design.before_h,) if self.design.before_h >= self.bars.step_h else ()
        windows = (*self.windows, *before)
        blank = np.stack([*self.vague.values(), *(np.zeros(len(self.groups), dtype=bool) for _ in before)], axis=1)
        made = ready(study, windows, self.sample.events.row, blank)
        found = event_tests(made, [self.member(g) for g in groups], self.sample.when_h)
        return [
            row
            for g, of_group in zip(groups, found, strict=True)
            for w, outcomes in zip(windows, of_group, strict=True)
            for row in self._rows(outcomes, g, w, study.benchmark)
        ]

    def _excess_tests(self, groups: list[str]) -> list[dict[str, object]]:
        """Against the reference walk only: placebo times are its raw moves, to which no other CAR compares.

        None where fewer than MIN_MATCHED of a group's releases have placebo times: where releases crowd, the few quiet
        times that are left are quieter than most.
        """
        rows = []
        hours, raw = _hours(self.bars.close_ts), self.moves(REFERENCE)
        for window in self.windows:
            scaled = self.scaled(raw[window], window)
            for group in groups:
                member = np.isfinite(scaled) & self.member(group)
                if not self.is_matched(group, window):
                    continue
                when = self.sample.when_h[member]
                found = excess_move(scaled[member], self.placebo[window].where(member), when, hours, window)
                rows += self._rows([found] if found else [], group, window, REFERENCE)
        return rows

    def _rows(self, outcomes: list[Outcome], group: str, window: float, benchmark: str) -> list[dict[str, object]]:
        return [
            {
                "study_id": self.study_id, "release_group": group, "window_h": window, "benchmark": benchmark,
                "test": o.test, "estimate": o.estimate, "low": o.low, "high": o.high, "statistic": o.statistic,
                "p_value": o.p_value, "detectable": o.detectable,
                "power": o.power(EFFECT[o.test]) if o.test in EFFECT else None,
                "is_preferred": o.test in STANDS or o.test == "excess_move", "n_releases": o.n,
            }
            for o in outcomes
        ]  # fmt: skip

    def forecast_rows(self, scored: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows of models.impact and models.impact_tests against the network's own forecast without the text.

        `scored`: doc_id, asset, horizon_h, realised, median_none, forecast_quantile. Only windows that are horizons,
        and releases that a model trained before them could score.
        """
        impact, tests = [], []
        for window in self.windows:
            known = self.sample.frame.select("doc_id", "asset").join(
                scored.filter(pl.col("horizon_h") == window), on=["doc_id", "asset"], how="left", maintain_order="left"
            )
            moves = (known["realised"] - known["median_none"]).cast(pl.Float64).fill_null(np.nan).to_numpy()
            scaled = self.scaled(moves, window)
            if not np.isfinite(scaled).any():
                continue
            quantile = known["forecast_quantile"].filter(pl.Series(np.isfinite(scaled)))
            study = self.studies[REFERENCE]
            rows = self._impact(FORECAST, moves, shape(study, window), window, self._beside(window), self._drift(study))
            impact.append(rows.with_columns(forecast_quantile=quantile))
            for group in GROUPS:
                member = np.isfinite(scaled) & self.member(group)
                found = mean_with_overlap(moves[member], self.sample.when_h[member], window, test="mean_car")
                tests += self._rows([found] if found else [], group, window, FORECAST)
        return (pl.concat(impact) if impact else pl.DataFrame()), told(tests)


def told(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of tests with `q_value`: the p-value with the false-discovery rate controlled over all groups and windows.

    The family of a test is every group and window that it is made for, per study and benchmark. Benjamini and Hochberg
    (1995): windows of one release are positively dependent.
    """
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if frame.is_empty():
        return frame
    family = ["study_id", "benchmark", "test"]
    return frame.with_columns(
        q_value=pl.col("p_value").map_batches(
            lambda p: pl.Series(stats.false_discovery_control(p.to_numpy())), return_dtype=pl.Float64
        ).over(family)
    )  # fmt: skip


def overlapping(events: Events, released: Events, steps: int) -> NDArray[np.int32]:
    """How many other releases of the same asset lie less than a window away from each, [N]."""
    out = np.zeros(len(events), dtype=np.int32)
    for asset in np.unique(events.asset):
        mine = events.asset == asset
        known = np.sort(released.row[released.asset == asset])
        low = np.searchsorted(known, events.row[mine] - steps, side="right")
        out[mine] = np.searchsorted(known, events.row[mine] + steps, side="left") - low - 1
    return out
