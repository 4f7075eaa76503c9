"""Flow: score releases, realised and expected, compare the groups, and say what a new release is like."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
from scipy import stats

from features.candles import Bars, NotEnoughDataError
from features.news import first_told
from models.forecast.quantiles import HORIZONS_H
from models.impact.abnormal import Design
from models.impact.compare import PAIRS, compare
from models.impact.conclusions import conclusions
from models.impact.groups import PERMUTATION, WHOLE, realised_comparisons, traits, with_q
from models.impact.outcome import MIN_EVENTS, Outcome, normal
from models.impact.overlap import mean_with_overlap
from models.impact.study import FORECAST, GROUPS, ImpactStudy, NoWindowError, sample
from pipelines.alerts import alert_rows
from pipelines.known_cases import case_rows
from pipelines.market import Market, load_bars
from pipelines.run import Run
from pipelines.scored import Scores, score
from warehouse import read
from warehouse.connect import transaction
from warehouse.entities import (
    COUNTERFACTUAL,
    IMPACT,
    IMPACT_COMPARISONS,
    IMPACT_CONCLUSIONS,
    IMPACT_COVERAGE,
    IMPACT_PATHS,
    IMPACT_TESTS,
    KNOWN_CASES,
    RELEASE_ALERTS,
    SCORED,
    SIMILAR_RELEASES,
    TIMEFRAMES,
    Entity,
)
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.impact")
TABLES = (
    IMPACT, IMPACT_COVERAGE, IMPACT_PATHS, IMPACT_TESTS, IMPACT_COMPARISONS, IMPACT_CONCLUSIONS, SCORED,
    COUNTERFACTUAL, RELEASE_ALERTS, SIMILAR_RELEASES, KNOWN_CASES,
)  # fmt: skip
SCORED_STUDY = "scored"
MAX_VALUES = 20_000_000  # of one array of a study: releases × bars of estimation
NOT_STORED = ("forecast_quantile", "test_group")


def score_impact(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> list[WriteResult]:
    """Realised and scored impact of every release, tests, comparisons, alerts, and the known cases.

    Of the copies of one story about an asset, the first counts. Every timeframe that has candles is a study.
    """
    releases = of_releases(con, run, market)
    scores = score(con, run, market, releases)
    tables: dict[str, list[pl.DataFrame]] = {e.name: [] for e in TABLES}
    caps = _capitalisations(con, run)
    for timeframe in _timeframes(con, run):
        try:
            bars = market.bars if timeframe == "1h" else load_bars(con, run, timeframe)
        except NotEnoughDataError as error:
            log.warning("%s candles are left out: %s", timeframe, error)
            continue
        if not run.settings.simulated.enabled:  # cases that happened have no place on invented candles
            tables["known_cases"].append(case_rows(bars, run.as_of))
        chosen = sample(releases, bars, design_for(bars, releases))
        log.info("%s candles: %d releases can be measured", timeframe, len(chosen.events))
        if len(chosen.events) == 0:
            tables["impact_coverage"].append(chosen.unmeasured_rows(run.settings.impact.windows_h))
            continue
        try:
            study = ImpactStudy(chosen, run.settings.impact.windows_h, market.scale if timeframe == "1h" else None)
        except NoWindowError as error:
            log.info("%s candles are left out: %s", timeframe, error)
            continue
        against = (pl.DataFrame(), pl.DataFrame())
        if timeframe == "1h" and not scores.scored.is_empty():
            against = study.forecast_rows(scores.scored)
        tables["impact"] += [study.impact_rows(), against[0]]
        tables["impact_coverage"].append(study.coverage_rows())
        tables["impact_paths"].append(study.path_rows())
        tests, compared = study.test_rows(), realised_comparisons(study, traits(study, caps))
        tables["impact_tests"] += [tests, against[1]]
        tables["impact_comparisons"].append(compared)
        tables["impact_conclusions"].append(_sentences(run, timeframe, tests, compared))
    if not scores.scored.is_empty():
        tables["scored"].append(scores.scored.drop(NOT_STORED))
        tables["counterfactual"].append(scores.other_words)
        tables["impact_comparisons"].append(with_q([*_scored_comparisons(scores), *_paired_words(scores)]))
        tables["impact_tests"].append(expected_and_realised(scores.scored))
        found = alert_rows(con, run, scores.scored, _joined(tables["impact"]))
        tables["release_alerts"].append(found.alerts)
        tables["similar_releases"].append(found.similar)
    with transaction(con):
        return [_write(con, run, e, tables[e.name]) for e in TABLES]


def design_for(bars: Bars, releases: pl.DataFrame) -> Design:
    """The spans of a study. Where so many releases on so fine candles would not fit into memory, its estimation is
    shortened, to a day at least, and the log says so.
    """
    whole = Design()
    n = len(releases.filter(pl.col("asset").is_in(list(bars.assets))))
    room = MAX_VALUES // max(n, 1)
    if whole.rows(bars)[0] <= room:
        return whole
    days = max(1, int(room * bars.step_h / 24))
    log.warning("%s candles: estimation over %d days instead of %g for %d releases, for want of memory", bars.timeframe,
                days, whole.estimation_h / 24, n)  # fmt: skip
    return replace(whole, estimation_h=24.0 * days)


def _sentences(run: Run, study_id: str, tests: pl.DataFrame, compared: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_conclusions of one study."""
    said = conclusions(tests, compared, study_id, simulated=run.settings.simulated.enabled)
    return pl.DataFrame({"sentence": said}).with_columns(
        study_id=pl.lit(study_id), place=pl.int_range(1, len(said) + 1, dtype=pl.Int32)
    )


def of_releases(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> pl.DataFrame:
    """The releases that count, one row per document and asset, with what the detector says of them."""
    every = market.links.filter(pl.col("kind").is_in(list(run.settings.impact.kinds)))
    releases = first_told(every, read.read(con, "features.document_stories"))
    if len(releases) < len(every):
        log.info("%d copies of releases are left out: a story counts once per asset", len(every) - len(releases))
    judged = (
        read.read(con, "features.document_authorship")
        .sort("ingested_ts", "detector")
        .unique("doc_id", keep="last")
        .select("doc_id", "machine_probability")
    )
    return releases.join(judged, on="doc_id", how="left", maintain_order="left")


def _capitalisations(con: duckdb.DuckDBPyConnection, run: Run) -> pl.DataFrame:
    """Daily capitalisations as of the run: asset, available_ts, market_cap_usd."""
    metrics = read.as_of(con, "asset_metrics", run.as_of).filter(pl.col("metric") == "market_cap_usd")
    return metrics.select("asset", "available_ts", market_cap_usd="value")


def _timeframes(con: duckdb.DuckDBPyConnection, run: Run) -> Iterator[str]:
    for timeframe in (t for t in TIMEFRAMES if t != "1d"):
        query = "SELECT count(*) FROM core.candles_as_of($2) WHERE timeframe = $1"
        if con.execute(query, [timeframe, run.as_of]).fetchall()[0][0]:
            yield timeframe


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [f for f in frames if not f.is_empty()]
    return pl.concat(filled, how="diagonal_relaxed") if filled else pl.DataFrame()


def _write(con: duckdb.DuckDBPyConnection, run: Run, entity: Entity, frames: list[pl.DataFrame]) -> WriteResult:
    """Replace a derived table by the rows of `frames`; by none where they are all empty."""
    rows = _joined(frames)
    if rows.is_empty():
        rows = pl.DataFrame(schema={c.name: pl.String for c in entity.given})
    return write(con, entity, rows, run.batch("impact"), replace=True)


def _scored_comparisons(scores: Scores) -> list[dict[str, object]]:
    """What the network expects, compared between groups: unpaired over all releases, and in the same place, paired."""
    rows = []
    placed = scores.scored.filter(pl.col("placed_doc_id").is_not_null())
    for horizon in HORIZONS_H:
        part = _expected(scores.scored.filter(pl.col("horizon_h") == horizon))
        groups = part["test_group"].to_numpy().astype(str)
        when = part["event_ts"].dt.epoch("s").to_numpy() / 3600
        for quantity in ("expected_width_change", "expected_move"):
            values = part[quantity].to_numpy()
            told = _told("scored", quantity, horizon)
            for a, b in PAIRS:
                member = (groups == a) | (groups == b)
                found = compare(values[member], groups[member] == a, when[member], float(horizon))
                if found is not None:
                    rows.append(told | {"group_a": a, "group_b": b, "method": PERMUTATION, **vars(found)})
            pairs = _expected(placed.filter(pl.col("horizon_h") == horizon)).join(
                part.select("asset", placed_doc_id="doc_id", beside=quantity, host="test_group"),
                on=["asset", "placed_doc_id"],
            )
            for group, of in (("real", pairs.filter(pl.col("host") == "real")), ("all", pairs)):
                rows += _paired(of, quantity, told | {"group_a": "generated", "group_b": group}, horizon)
    return rows


def _expected(part: pl.DataFrame) -> pl.DataFrame:
    """With what the text changes: the width of the 90 % band, and how far the median moves (either way)."""
    return part.with_columns(
        expected_width_change=pl.col("width_text") / pl.col("width_none") - 1,
        expected_move=(pl.col("median_text") - pl.col("median_none")).abs(),
    )


def _told(answer: str, quantity: str, horizon: int) -> dict[str, object]:
    return {"study_id": SCORED_STUDY, "answer": answer, "quantity": quantity, "window_h": float(horizon),
            "slice_by": WHOLE[0], "slice": WHOLE[1]}  # fmt: skip


def _paired_words(scores: Scores) -> list[dict[str, object]]:
    """Other words in the place of a real release against its own, paired: what each changes against no words."""
    keys = ["doc_id", "asset", "horizon_h"]
    when = scores.scored.select(*keys, "event_ts")
    words = scores.other_words.join(when, on=keys)
    none = words.filter(pl.col("words") == "none").select(*keys, none_median="median", none_width="width")
    changed = words.join(none, on=keys).with_columns(
        expected_width_change=pl.col("width") / pl.col("none_width") - 1,
        expected_move=(pl.col("median") - pl.col("none_median")).abs(),
    )  # fmt: skip
    rows = []
    for horizon in HORIZONS_H:
        of_horizon = changed.filter(pl.col("horizon_h") == horizon)
        for quantity in ("expected_width_change", "expected_move"):
            own = of_horizon.filter(pl.col("words") == "real").select("doc_id", "asset", beside=quantity)
            for other in ("generated", "shuffled", "other_asset", "none"):
                pairs = of_horizon.filter(pl.col("words") == other).join(own, on=["doc_id", "asset"])
                told = _told("counterfactual", quantity, horizon) | {"group_a": other, "group_b": "real"}
                rows += _paired(pairs, quantity, told, horizon)
    return rows


def _paired(pairs: pl.DataFrame, quantity: str, told: dict[str, object], horizon: int) -> list[dict[str, object]]:
    """The mean of paired differences to `beside`, with a variance that knows overlapping windows."""
    ordered = pairs.sort("event_ts", maintain_order=True)
    when, beside = ordered["event_ts"].dt.epoch("s").to_numpy() / 3600, ordered["beside"].to_numpy()
    found = mean_with_overlap(ordered[quantity].to_numpy() - beside, when, float(horizon), test="paired")
    if found is None or found.estimate is None:
        return []
    mean_b = float(beside.mean())
    return [told | {
        "method": "paired", "mean_a": mean_b + found.estimate, "mean_b": mean_b, "difference": found.estimate,
        "low": found.low, "high": found.high, "p_value": found.p_value, "n_a": found.n, "n_b": found.n,
        "detectable": found.detectable,
    }]  # fmt: skip


def expected_and_realised(scored: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_tests: rank correlation of what the text changes with how far prices then moved.

    Realised is |move beyond the median expected without the text| in units of the reference walk's sigma; the interval
    is Fisher's, of independent releases.
    """
    own = _expected(scored.filter(pl.col("placed_doc_id").is_null(), pl.col("realised").is_not_null()))
    rows = []
    for horizon in HORIZONS_H:
        part = own.filter(pl.col("horizon_h") == horizon)
        moved = ((part["realised"] - part["median_none"]).abs() / part["width_walk"]).to_numpy()
        for group in ("all", *GROUPS):
            member = (
                (part["test_group"] != "").to_numpy() if group == "all" else (part["test_group"] == group).to_numpy()
            )
            for quantity in ("expected_width_change", "expected_move"):
                found = _rank_correlation(part[quantity].to_numpy()[member], moved[member], quantity)
                if found:
                    rows.append({
                        "study_id": SCORED_STUDY, "release_group": group, "window_h": float(horizon),
                        "benchmark": FORECAST, "test": found.test, "estimate": found.estimate, "low": found.low,
                        "high": found.high, "statistic": found.statistic, "p_value": found.p_value, "q_value": None,
                        "detectable": found.detectable, "power": None, "is_preferred": False, "n_releases": found.n,
                    })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _rank_correlation(x: np.ndarray, y: np.ndarray, quantity: str) -> Outcome | None:
    n = len(x)
    if n < 2 * MIN_EVENTS or x.std() == 0:
        return None
    rho = float(stats.spearmanr(x, y).statistic)
    se = 1 / np.sqrt(n - 3)
    z = float(np.arctanh(np.clip(rho, -0.999999, 0.999999)))
    told = normal(f"rank_correlation_of_{quantity}", z / se, n)
    low, high = (float(np.tanh(z + k * 1.96 * se)) for k in (-1, 1))
    return Outcome(told.test, rho, low, high, told.statistic, told.p_value, n, float(se))
