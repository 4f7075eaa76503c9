"""One study: the releases that one grid of bars can measure, and every table that follows from them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array, Bars
from features.volatility import Scale
from models.impact.abnormal import Events, Study, car, measurable, path, shape, simple_sigma, studies, window_rows
from models.impact.compare import PAIRS, compare
from models.impact.inference import Outcome, all_tests, excess_move, mean_with_overlap, window_columns
from models.impact.placebo import Placebo, placebo_moves

GROUPS = ("real", "generated", "fabricated", "unlabelled", "late_stamp")
REFERENCE, FORECAST = "reference_walk", "transformer"
FINE_PATH_H = 24.0


@dataclass(frozen=True)
class Sample:
    """Releases that can be measured on one grid of bars, in step with `events`.

    `frame` has doc_id, asset, event_ts, available_ts, release_group, is_late_stamp, is_recommended. `released` has
    every release on the grid, those that cannot be measured included: placebo times keep clear of them too.
    """

    frame: pl.DataFrame
    events: Events
    bars: Bars
    released: Events

    @property
    def when_h(self) -> Array:
        """Base closes in hours since 1970, [N]."""
        return _hours(self.bars.close_ts)[self.events.row]

    def groups(self) -> NDArray[np.str_]:
        """Group of each release for tests, [N]."""
        return self.frame.select(test_group()).to_series().to_numpy().astype(str)


def test_group() -> pl.Expr:
    """Group of a release for tests: late stamps apart, those that a curated table advises against in none ('')."""
    late = pl.when(pl.col("is_late_stamp")).then(pl.lit("late_stamp")).otherwise("release_group")
    return pl.when(pl.col("is_recommended")).then(late).otherwise(pl.lit("")).alias("test_group")


def _hours(close_ts: NDArray[np.datetime64]) -> Array:
    return close_ts.astype("datetime64[s]").astype(np.float64) / 3600


def sample(releases: pl.DataFrame, bars: Bars) -> Sample:
    """The releases (one row per doc_id and asset) whose asset is in the grid and whose estimation span is filled."""
    frame = releases.filter(pl.col("asset").is_in(list(bars.assets))).sort("event_ts", "doc_id", "asset")
    position = {a: i for i, a in enumerate(bars.assets)}
    asset = np.array([position[a] for a in frame["asset"].to_list()], dtype=np.int64)
    moment = frame["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    uncertain = (frame["available_ts"] - frame["event_ts"]).dt.total_seconds().to_numpy() / 3600
    events = Events(asset, bars.row_at(moment).astype(np.int64), uncertain.astype(np.float64))
    keep = measurable(bars, events) if len(frame) else np.zeros(0, dtype=bool)
    kept = Events(events.asset[keep], events.row[keep], events.uncertainty_h[keep])
    return Sample(frame.filter(pl.Series(keep, dtype=pl.Boolean)), kept, bars, events)


class ImpactStudy:
    """Computes once what the tables share: studies, sigmas and placebo times per window.

    `windows_h`: windows after the release, those that the bars can show are kept. `level`: the scale of hourly bars;
    finer bars go without an hour-of-week pattern.
    """

    def __init__(self, chosen: Sample, windows_h: tuple[float, ...], level: Scale | None) -> None:
        self.sample, self.bars, self.level = chosen, chosen.bars, level
        self.study_id = chosen.bars.timeframe
        self.studies = studies(chosen.bars, chosen.events)
        self.groups = chosen.groups()
        self.plain = simple_sigma(chosen.bars) if level is None else None
        after = window_rows(chosen.bars)[3] * chosen.bars.step_h
        self.windows = [float(w) for w in windows_h if chosen.bars.step_h <= w <= after]
        self.sigma = {w: self._sigma(w) for w in self.windows}
        self.placebo = {w: self._placebo(w) for w in self.windows}

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

    def _scaled(self, moves: Array, window_h: float) -> Array:
        """|CAR| ÷ sigma, [N]; NaN where the window is shorter than the uncertainty of the time."""
        return np.where(self.sample.events.uncertainty_h > window_h, np.nan, np.abs(moves) / self.sigma[window_h])

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact against the reference walk, the mean and the market model."""
        rows = [
            self._impact(study.benchmark, car(study, w), shape(study, w), w)
            for study in self.studies.values()
            for w in self.windows
        ]
        return pl.concat(rows)

    def _impact(
        self, benchmark: str, moves: Array, path_shape: tuple[Array, Array, Array], window_h: float
    ) -> pl.DataFrame:
        events, placebo = self.sample.events, self.placebo[window_h]
        scaled = self._scaled(moves, window_h)
        raw = car(self.studies[REFERENCE], window_h)
        base = pl.Series(self.bars.close_ts[events.row].astype("datetime64[us]")).dt.replace_time_zone("UTC")
        peak, hours, reversal = path_shape
        frame = self.sample.frame.select("doc_id", "asset", "event_ts", "release_group", "is_late_stamp").with_columns(
            study_id=pl.lit(self.study_id), window_h=pl.lit(window_h), benchmark=pl.lit(benchmark), base_ts=base,
            available_ts=base + pl.duration(seconds=int(window_h * 3600)), timeframe=pl.lit(self.bars.timeframe),
            car=pl.Series(moves), bhar=pl.Series(np.exp(raw) - np.exp(raw - moves)),
            sigma=pl.Series(self.sigma[window_h]), scaled_move=pl.Series(scaled),
            placebo_move=pl.Series(placebo.mean).fill_nan(None),
            excess_move=pl.Series(scaled - placebo.mean if benchmark == REFERENCE else np.full(len(scaled), np.nan))
            .fill_nan(None),
            n_placebo=pl.Series(placebo.n.astype(np.int32)), forecast_quantile=pl.lit(None, pl.Float64),
            peak_car=pl.Series(peak), time_to_peak_h=pl.Series(hours), reversal_share=pl.Series(reversal),
        )  # fmt: skip
        later = pl.max_horizontal("available_ts", "event_ts")
        return frame.filter(pl.Series(np.isfinite(scaled))).with_columns(available_ts=later)

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
        """Rows of models.impact_tests: the classic tests, the mean CAR and the excess move."""
        rows = []
        for name, study in self.studies.items():
            for window in self.windows:
                moves = car(study, window)
                scaled = self._scaled(moves, window)
                for group in GROUPS:
                    member = np.isfinite(scaled) & (self.groups == group)
                    classic = all_tests(_part(study, member), window_columns(study, window))
                    rows += self._rows([*classic, *self._mean_car(moves, member, window)], group, window, name)
                    if name == REFERENCE:
                        rows += self._rows(self._excess(scaled, member, window), group, window, name)
        return pl.DataFrame(rows, infer_schema_length=None)

    def _mean_car(self, moves: Array, member: NDArray[np.bool_], window: float) -> list[Outcome]:
        found = mean_with_overlap(moves[member], self.sample.when_h[member], window, test="mean_car")
        return [found] if found else []

    def _excess(self, scaled: Array, member: NDArray[np.bool_], window: float) -> list[Outcome]:
        """Against the reference walk only: placebo times are its raw moves, to which no other CAR compares."""
        when, hours = self.sample.when_h[member], _hours(self.bars.close_ts)
        found = excess_move(scaled[member], self.placebo[window].where(member), when, hours, window)
        return [found] if found else []

    def _rows(self, outcomes: list[Outcome], group: str, window: float, benchmark: str) -> list[dict[str, object]]:
        return [
            {
                "study_id": self.study_id, "release_group": group, "window_h": window, "benchmark": benchmark,
                "test": o.test, "estimate": o.estimate, "low": o.low, "high": o.high, "statistic": o.statistic,
                "p_value": o.p_value, "n_releases": o.n,
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
            scaled = self._scaled(moves, window)
            if not np.isfinite(scaled).any():
                continue
            quantile = known["forecast_quantile"].filter(pl.Series(np.isfinite(scaled)))
            rows = self._impact(FORECAST, moves, shape(self.studies[REFERENCE], window), window)
            impact.append(rows.with_columns(forecast_quantile=quantile))
            for group in GROUPS:
                member = np.isfinite(scaled) & (self.groups == group)
                tests += self._rows(self._mean_car(moves, member, window), group, window, FORECAST)
        return (pl.concat(impact) if impact else pl.DataFrame()), pl.DataFrame(tests, infer_schema_length=None)

    def comparison_rows(self) -> pl.DataFrame:
        """Rows of models.impact_comparisons, realised: the excess move against the reference walk."""
        rows = []
        for window in self.windows:
            excess = self._scaled(car(self.studies[REFERENCE], window), window) - self.placebo[window].mean
            rows += comparisons(
                excess, self.groups, self.sample.when_h, window,
                study_id=self.study_id, answer="realised", quantity="excess_move",
            )  # fmt: skip
        return pl.DataFrame(rows, infer_schema_length=None)


def _part(study: Study, member: NDArray[np.bool_]) -> Study:
    """The study of some of its events."""
    return Study(
        study.benchmark, study.ar[member], study.offsets_h, study.estimation[member], study.fit[member],
        study.correction[member], study.present[member],
    )  # fmt: skip


def comparisons(
    values: Array, groups: NDArray[np.str_], when_h: Array, window: float, **told: str
) -> list[dict[str, object]]:
    """Every pair of groups compared, as rows of models.impact_comparisons; `told` fills the other columns."""
    rows = []
    for a, b in PAIRS:
        member = (groups == a) | (groups == b)
        result = compare(values[member], groups[member] == a, when_h[member], window)
        if result is not None:
            rows.append({**told, "group_a": a, "group_b": b, "window_h": float(window), **vars(result)})
    return rows
