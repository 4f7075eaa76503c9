"""Flow: score releases, realised and expected, and compare the groups."""

import logging
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array, Bars
from models.forecast.quantiles import HORIZONS_H, LEVELS, MEDIAN, quantile_of
from models.forecast.train import load
from models.forecast.windows import WindowStore, build_store, usable
from models.impact.abnormal import (
    Events,
    Study,
    car,
    measurable,
    path,
    shape,
    simple_sigma,
    studies,
    window_rows,
)
from models.impact.compare import PAIRS, compare
from models.impact.inference import Outcome, all_tests, mean_with_overlap, window_columns
from models.impact.placebo import placebo_moves
from models.impact.scored import score_releases
from pipelines.forecast import NETWORK
from pipelines.market import Market, load_bars
from pipelines.run import Run
from warehouse.connect import transaction
from warehouse.entities import (
    IMPACT,
    IMPACT_COMPARISONS,
    IMPACT_PATHS,
    IMPACT_TESTS,
    SCORED,
    TIMEFRAMES,
)
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.impact")
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
GROUPS = ("real", "generated", "fabricated", "unlabelled", "late_stamp")


@dataclass(frozen=True)
class Sample:
    """Releases that can be measured on one grid of bars, in step with `events`."""

    frame: pl.DataFrame
    events: Events
    bars: Bars

    @property
    def when_h(self) -> Array:
        """Base closes in hours since 1970, [N]."""
        return self.bars.close_ts[self.events.row].astype("datetime64[s]").astype(np.float64) / 3600

    def groups(self) -> NDArray[np.str_]:
        """Group of each release for tests: late stamps apart, those advised against in none ('')."""
        return (
            self.frame.select(
                pl.when(~pl.col("is_recommended")).then(pl.lit(""))
                .when(pl.col("is_late_stamp")).then(pl.lit("late_stamp"))
                .otherwise("release_group")
            )
            .to_series()
            .to_numpy()
            .astype(str)
        )  # fmt: skip


def sample(links: pl.DataFrame, bars: Bars, kinds: tuple[str, ...]) -> Sample:
    """Releases of the wanted kinds whose asset is in the grid and whose estimation span is filled."""
    frame = links.filter(pl.col("kind").is_in(list(kinds)), pl.col("asset").is_in(list(bars.assets)))
    frame = frame.sort("event_ts", "doc_id", "asset")
    position = {a: i for i, a in enumerate(bars.assets)}
    asset = np.array([position[a] for a in frame["asset"].to_list()], dtype=np.int64)
    moment = frame["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    uncertain = (frame["available_ts"] - frame["event_ts"]).dt.total_seconds().to_numpy() / 3600
    events = Events(asset, bars.row_at(moment).astype(np.int64), uncertain.astype(np.float64))
    keep = measurable(bars, events) if len(frame) else np.zeros(0, dtype=bool)
    kept = Events(events.asset[keep], events.row[keep], events.uncertainty_h[keep])
    return Sample(frame.filter(pl.Series(keep, dtype=pl.Boolean)), kept, bars)


def score_impact(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> list[WriteResult]:
    """Realised and scored impact of every release, tests and comparisons, on every timeframe that has candles."""
    timeframes = [t for t in TIMEFRAMES if t != "1d" and _has(con, run, t)]
    impact, paths, tests, comparisons = [], [], [], []
    scored = _scored(con, run, market)
    for timeframe in timeframes:
        bars = market.bars if timeframe == "1h" else load_bars(con, run, timeframe)
        chosen = sample(market.links, bars, run.settings.impact.kinds)
        log.info("%s candles: %d releases can be measured", timeframe, len(chosen.events))
        if len(chosen.events) == 0:
            continue
        study = _Measured(run, market, chosen)
        impact.append(study.impact_rows())
        if timeframe == "1h" and not scored.is_empty():
            against = against_forecast(impact[-1], scored)
            impact.append(against)
            tests.append(forecast_tests(against, chosen))
        paths.append(study.path_rows())
        tests.append(study.test_rows())
        comparisons.append(study.comparison_rows())
    if not scored.is_empty():
        comparisons.append(_scored_comparisons(scored))
    batch = run.batch("impact")
    with transaction(con):
        return [
            write(con, entity, pl.concat([f for f in frames if not f.is_empty()], how="diagonal_relaxed"), batch,
                  replace=True)
            for entity, frames in (
                (IMPACT, impact), (IMPACT_PATHS, paths), (IMPACT_TESTS, tests), (IMPACT_COMPARISONS, comparisons),
                (SCORED, [scored.drop("forecast_quantile", strict=False)]),
            )
            if any(not f.is_empty() for f in frames)
        ]  # fmt: skip


def _has(con: duckdb.DuckDBPyConnection, run: Run, timeframe: str) -> bool:
    return bool(
        con.execute(
            "SELECT count(*) FROM core.candles WHERE timeframe = $1 AND available_ts <= $2", [timeframe, run.as_of]
        ).fetchall()[0][0]
    )


class _Measured:
    """Everything that one timeframe's study computes once: studies, sigmas, placebo moves per window."""

    def __init__(self, run: Run, market: Market, chosen: Sample) -> None:
        self.sample, self.bars, self.study_id = chosen, chosen.bars, chosen.bars.timeframe
        self.studies = studies(chosen.bars, chosen.events)
        self.groups = chosen.groups()
        after = window_rows(chosen.bars)[3] * chosen.bars.step_h
        self.windows = [float(w) for w in run.settings.impact.windows_h if chosen.bars.step_h <= w <= after]
        self.headline = run.settings.impact.headline_window_h
        self.level = market.scale if chosen.bars.timeframe == "1h" else None
        self.plain = simple_sigma(chosen.bars) if self.level is None else None
        self.sigma = {w: self._sigma_grid(w) for w in self.windows}
        self.placebo = {w: placebo_moves(self.bars, chosen.events, self.sigma[w], w) for w in self.windows}

    def _sigma_grid(self, window_h: float) -> Array:
        steps = round(window_h / self.bars.step_h)
        if self.level is not None:
            return np.sqrt(self.level.horizon_variance(steps))
        assert self.plain is not None
        return self.plain * np.sqrt(steps)

    def excess(self, benchmark: str, window_h: float) -> Array:
        """|CAR| ÷ sigma − placebo mean, [N]; NaN where the window is shorter than the uncertainty of the time."""
        events = self.sample.events
        sigma = self.sigma[window_h][events.row, events.asset]
        move = np.abs(car(self.studies[benchmark], window_h)) / sigma - self.placebo[window_h][0]
        return np.where(events.uncertainty_h > window_h, np.nan, move)

    def impact_rows(self) -> pl.DataFrame:
        """Rows of models.impact."""
        return pl.concat([self._impact(self.studies[b], w) for b in self.studies for w in self.windows], how="vertical")

    def _impact(self, study: Study, window_h: float) -> pl.DataFrame:
        events = self.sample.events
        total = car(study, window_h)
        sigma = self.sigma[window_h][events.row, events.asset]
        peak, hours, reversal = shape(study, window_h)
        base = pl.Series(self.bars.close_ts[events.row].astype("datetime64[us]")).dt.replace_time_zone("UTC")
        raw = np.nan_to_num(np.where(window_columns(self.studies["reference_walk"], window_h),
                                     self.studies["reference_walk"].ar, 0)).sum(1)  # fmt: skip
        placebo, n_placebo = self.placebo[window_h]
        frame = self.sample.frame.select("doc_id", "asset", "event_ts", "release_group", "is_late_stamp").with_columns(
            study_id=pl.lit(self.study_id), window_h=pl.lit(window_h), benchmark=pl.lit(study.benchmark),
            base_ts=base, timeframe=pl.lit(self.bars.timeframe), car=pl.Series(total),
            bhar=pl.Series(np.exp(raw) - np.exp(raw - total)), sigma=pl.Series(sigma),
            scaled_move=pl.Series(np.abs(total) / sigma), placebo_move=pl.Series(placebo),
            excess_move=pl.Series(np.abs(total) / sigma - placebo), n_placebo=pl.Series(n_placebo.astype(np.int32)),
            forecast_quantile=pl.lit(None, pl.Float64), peak_car=pl.Series(peak), time_to_peak_h=pl.Series(hours),
            reversal_share=pl.Series(reversal),
        )  # fmt: skip
        keep = np.isfinite(total) & np.isfinite(sigma) & (sigma > 0) & (events.uncertainty_h <= window_h)
        return (
            frame.filter(pl.Series(keep))
            .with_columns(
                available_ts=pl.max_horizontal(
                    pl.col("base_ts") + pl.duration(seconds=int(window_h * 3600)), "event_ts"
                )
            )
            .with_columns(pl.col("placebo_move", "excess_move").fill_nan(None))
        )  # fmt: skip

    def path_rows(self) -> pl.DataFrame:
        """Rows of models.impact_paths: mean CAR with its 95 % band, and the mean scaled move beside its placebo."""
        events = self.sample.events
        base = self.studies["reference_walk"]
        hourly = np.isclose(np.round(base.offsets_h), base.offsets_h)
        if self.bars.step_h < 1:
            hourly &= np.abs(base.offsets_h) <= 24
        rows = []
        for offset in np.flatnonzero(hourly):
            hours = float(base.offsets_h[offset])
            sigma = placebo = None
            if hours > 0:
                grid = self.sigma[hours] if hours in self.sigma else self._sigma_grid(hours)
                sigma = grid[events.row, events.asset]
                placebo = placebo_moves(self.bars, events, grid, hours)[0]
            for benchmark, study in self.studies.items():
                values = path(study)[:, offset]
                rows += self._path_points(benchmark, hours, values, sigma, placebo)
        return pl.DataFrame(rows, infer_schema_length=None)

    def _path_points(
        self, benchmark: str, hours: float, values: Array, sigma: Array | None, placebo: Array | None
    ) -> list[dict[str, object]]:
        out = []
        for group in GROUPS:
            member = (self.groups == group) & np.isfinite(values)
            if not member.any():
                continue
            x = values[member]
            band = mean_with_overlap(x, self.sample.when_h[member], max(abs(hours), self.bars.step_h), test="path")
            scaled = None if sigma is None else float(np.mean(np.abs(x) / sigma[member]))
            quiet = None if placebo is None else placebo[member][np.isfinite(placebo[member])]
            out.append(
                {
                    "study_id": self.study_id, "release_group": group, "benchmark": benchmark, "offset_h": hours,
                    "mean_abs_scaled": scaled,
                    "placebo_abs_scaled": float(quiet.mean()) if quiet is not None and len(quiet) else None,
                    "mean_car": float(x.mean()), "low": band.low if band else float(x.mean()),
                    "high": band.high if band else float(x.mean()), "n_releases": int(member.sum()),
                }
            )  # fmt: skip
        return out

    def test_rows(self) -> pl.DataFrame:
        """Rows of models.impact_tests."""
        rows = []
        for benchmark, study in self.studies.items():
            for window in self.windows:
                exact = self.sample.events.uncertainty_h <= window
                seen = np.isfinite(car(study, window)) & exact
                for group in GROUPS:
                    rows += self._tests(study, window, group, benchmark, seen & (self.groups == group))
        return pl.DataFrame(rows, infer_schema_length=None)

    def _tests(
        self, study: Study, window: float, group: str, benchmark: str, member: NDArray[np.bool_]
    ) -> list[dict[str, object]]:
        part = Study(study.benchmark, study.ar[member], study.offsets_h, study.estimation[member], study.fit[member],
                     study.correction[member])  # fmt: skip
        outcomes = all_tests(part, window_columns(study, window))
        when = self.sample.when_h[member]
        for name, values in (("mean_car", car(study, window)), ("excess_move", self.excess(benchmark, window))):
            outcome = mean_with_overlap(values[member], when, window, test=name)
            outcomes += [outcome] if outcome else []
        return [_test_row(self.study_id, group, window, benchmark, o) for o in outcomes]

    def comparison_rows(self) -> pl.DataFrame:
        """Rows of models.impact_comparisons, realised: the excess move against the reference walk."""
        rows = []
        for window in self.windows:
            rows += _comparisons(
                self.excess("reference_walk", window), self.groups, self.sample.when_h, window,
                study_id=self.study_id, answer="realised", quantity="excess_move",
            )  # fmt: skip
        return pl.DataFrame(rows, infer_schema_length=None)


def against_forecast(impact: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact against the network's own forecast without the text, at the last close before the release.

    Only for windows that are horizons of the forecast, and releases that a model trained before them could score.
    """
    known = scored.filter(pl.col("realised").is_not_null()).select(
        "doc_id", "asset", "realised", "median_none", "forecast_quantile", window_h=pl.col("horizon_h").cast(pl.Float64)
    )  # fmt: skip
    move = pl.col("realised") - pl.col("median_none")
    return (
        impact.filter(pl.col("benchmark") == "reference_walk")
        .drop("forecast_quantile")
        .join(known, on=["doc_id", "asset", "window_h"])
        .with_columns(
            benchmark=pl.lit("transformer"), car=move, bhar=pl.col("realised").exp() - pl.col("median_none").exp(),
            scaled_move=move.abs() / pl.col("sigma"),
            excess_move=move.abs() / pl.col("sigma") - pl.col("placebo_move"),
        )
        .select(impact.columns)
    )  # fmt: skip


def forecast_tests(against: pl.DataFrame, chosen: Sample) -> pl.DataFrame:
    """Rows of models.impact_tests for the forecast benchmark: mean CAR and excess move, per group and window."""
    groups = chosen.frame.select("doc_id", "asset").with_columns(group=pl.Series(chosen.groups()))
    rows = []
    joined = against.join(groups, on=["doc_id", "asset"]).filter(pl.col("group") != "").sort("base_ts")
    for (window, group), part in joined.group_by("window_h", "group", maintain_order=True):
        when = part["base_ts"].dt.epoch("s").to_numpy() / 3600
        for name, column in (("mean_car", "car"), ("excess_move", "excess_move")):
            o = mean_with_overlap(part[column].fill_null(float("nan")).to_numpy(), when, float(str(window)), test=name)
            if o:
                rows.append(_test_row("1h", str(group), float(str(window)), "transformer", o))
    return pl.DataFrame(rows, infer_schema_length=None)


def _test_row(study: str, group: str, window: float, benchmark: str, o: Outcome) -> dict[str, object]:
    return {
        "study_id": study, "release_group": group, "window_h": window, "benchmark": benchmark, "test": o.test,
        "estimate": o.estimate, "low": o.low, "high": o.high, "statistic": o.statistic, "p_value": o.p_value,
        "n_releases": o.n,
    }  # fmt: skip


def _comparisons(
    values: Array, groups: NDArray[np.str_], when_h: Array, window: float, **told: str
) -> list[dict[str, object]]:
    rows = []
    for a, b in PAIRS:
        member = (groups == a) | (groups == b)
        result = compare(values[member], groups[member] == a, when_h[member], window)
        if result is not None:
            rows.append({**told, "group_a": a, "group_b": b, "window_h": float(window), **vars(result)})
    return rows


def _scored_comparisons(scored: pl.DataFrame) -> pl.DataFrame:
    """What the network expects, compared between groups: change of the 90 % band's width that the text makes."""
    rows = []
    for (horizon,), part in scored.group_by("horizon_h", maintain_order=True):
        change = (part["width_text"] / part["width_none"] - 1).to_numpy()
        when = part["event_ts"].dt.epoch("s").to_numpy() / 3600
        rows += _comparisons(
            change, part["release_group"].to_numpy().astype(str), when, float(str(horizon)),
            study_id="scored", answer="scored", quantity="expected_width_change",
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _scored(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> pl.DataFrame:
    """Rows of models.scored: each release by the newest model whose training ended before it."""
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    links = market.links.filter(
        pl.col("kind").is_in(list(run.settings.impact.kinds)), pl.col("asset").is_in(list(market.bars.assets)),
        pl.col("ts_precision") != "day",
    ).sort("event_ts", "doc_id", "asset")  # fmt: skip
    models = con.execute(
        "SELECT model_id, train_end_ts FROM models.training_runs WHERE model_name = $1 AND train_end_ts <= $2 "
        "QUALIFY row_number() OVER (PARTITION BY train_end_ts ORDER BY ingested_ts DESC, model_id) = 1 "
        "ORDER BY train_end_ts",
        [NETWORK, run.as_of],
    ).fetchall()
    parts = []
    for i, (model_id, trained_to) in enumerate(models):
        until = models[i + 1][1] if i + 1 < len(models) else run.as_of
        span = links.filter(pl.col("event_ts") > trained_to, pl.col("event_ts") <= until)
        if not span.is_empty():
            parts.append(_score_span(run, market, model_id, span, rows))
    kept = [p for p in parts if not p.is_empty()]
    log.info("scored %d of %d releases; the others came before the first model", sum(
        p["doc_id"].n_unique() for p in kept), links["doc_id"].n_unique())  # fmt: skip
    return pl.concat(kept) if kept else pl.DataFrame()


def _score_span(run: Run, market: Market, model_id: str, links: pl.DataFrame, rows: NDArray[np.bool_]) -> pl.DataFrame:
    trained, base, assets = load(run.settings.checkpoints / f"{model_id}.ckpt")
    if assets != market.bars.assets:
        log.info("%s knows other assets than the warehouse has now; its releases are not scored", model_id)
        return pl.DataFrame()
    store: WindowStore = build_store(
        market.panel, market.documents, market.y, market.sigma, base, run.settings.forecast.lookback_h
    )
    position = {a: i for i, a in enumerate(market.bars.assets)}
    asset = np.array([position[a] for a in links["asset"].to_list()], dtype=np.int64)
    moment = links["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = market.bars.row_at(moment).astype(np.int64)
    keep = (row >= 0) & rows[asset, np.maximum(row, 0)]
    links, pairs = links.filter(pl.Series(keep)), np.stack([asset[keep], row[keep]], axis=1)
    if len(pairs) == 0:
        return pl.DataFrame()
    own = np.array([market.documents.row_of[d] for d in links["doc_id"].to_list()], dtype=np.int64)
    result = score_releases(trained.net, store, pairs, own, market.sigma)
    origin = pl.Series(market.bars.close_ts[pairs[:, 1]].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frames = []
    for h, horizon in enumerate(HORIZONS_H):
        width = {k: v[:, h, HIGH] - v[:, h, LOW] for k, v in vars(result).items()}
        frames.append(
            links.select("doc_id", "asset", "event_ts", "available_ts", "release_group").with_columns(
                horizon_h=pl.lit(horizon, pl.Int32), model_id=pl.lit(model_id),
                origin_ts=origin, median_text=pl.Series(result.with_text[:, h, MEDIAN]),
                median_none=pl.Series(result.without[:, h, MEDIAN]),
                median_walk=pl.Series(result.walk[:, h, MEDIAN]), width_text=pl.Series(width["with_text"]),
                width_none=pl.Series(width["without"]), width_walk=pl.Series(width["walk"]),
                realised=pl.Series(market.y[pairs[:, 1], pairs[:, 0], h]).fill_nan(None),
                forecast_quantile=pl.Series(
                    quantile_of(result.without[:, h], market.y[pairs[:, 1], pairs[:, 0], h])
                ).fill_nan(None),
            )
        )  # fmt: skip
    return pl.concat(frames)
