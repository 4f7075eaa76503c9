"""Flow: score releases, realised and expected, compare the groups, and say what a new release is like."""

import logging
from collections.abc import Iterator

import duckdb
import polars as pl

from domain.errors import NotEnoughDataError
from domain.timeframes import SECONDS
from features.news import keep_first_reports
from models.impact.comparison.groups import realised_comparisons, release_traits, with_comparison_q_values
from models.impact.expected_comparison import expected_and_realised, expected_comparisons
from models.impact.findings.answer import answer_of
from models.impact.findings.parts import ResponseParts, response_parts
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import design_for
from models.impact.paths_table import path_rows
from models.impact.pseudo_studies import control_rows, positive_rows
from models.impact.sample import NoWindowError, build_sample
from models.impact.study import ImpactStudy
from models.impact.study_inference import event_test_rows, forecast_rows
from models.impact.study_moves import NO_ANNOUNCEMENTS
from pipelines.run import Run
from pipelines.stages.dataset import LinkedDataset, load_bars
from pipelines.stages.impact.alerts import alert_rows
from pipelines.stages.impact.cases import case_rows
from pipelines.stages.impact.expected import expected_moves
from pipelines.stages.impact.responses import response_rows, with_sentences
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.entity import Entity
from warehouse.schema.forecasts import RESPONSE_EXPECTED, RESPONSE_RECORD
from warehouse.schema.impact import (
    IMPACT,
    IMPACT_COMPARISONS,
    IMPACT_CONTROLS,
    IMPACT_COVERAGE,
    IMPACT_PATHS,
    IMPACT_TESTS,
)
from warehouse.schema.releases import (
    COUNTERFACTUAL,
    IMPACT_CONCLUSIONS,
    IMPACT_RESPONSE,
    KNOWN_CASES,
    RELEASE_ALERTS,
    SCORED,
    SIMILAR_RELEASES,
)
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.impact")
TABLES = (
    IMPACT, IMPACT_COVERAGE, IMPACT_PATHS, IMPACT_TESTS, IMPACT_COMPARISONS, IMPACT_RESPONSE, IMPACT_CONCLUSIONS,
    IMPACT_CONTROLS, RESPONSE_EXPECTED, RESPONSE_RECORD,
    SCORED, COUNTERFACTUAL, RELEASE_ALERTS, SIMILAR_RELEASES, KNOWN_CASES,
)  # fmt: skip
NOT_STORED = ("forecast_quantile", "test_group")


def score_impact(con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset) -> list[WriteResult]:
    """Realised and scored impact of every release, tests, comparisons, alerts, and the known cases.

    Of the copies of one story about an asset, the first counts. Every timeframe that has candles is a study.
    """
    releases = of_releases(con, run, dataset)
    scores = expected_moves(con, run, dataset, releases)
    tables: dict[str, list[pl.DataFrame]] = {e.name: [] for e in TABLES}
    parts: dict[str, ResponseParts] = {}
    said: list[str] = []
    caps = _capitalisations(con, run)
    for timeframe in _timeframes(con, run):
        try:
            bars = dataset.bars if timeframe == "1h" else load_bars(con, run, timeframe)
        except NotEnoughDataError as error:
            log.warning("%s candles are left out: %s", timeframe, error)
            continue
        if not run.settings.simulated.enabled:  # cases that happened have no place on invented candles
            tables["known_cases"].append(case_rows(bars, run.as_of))
        chosen = build_sample(releases, bars, design_for(bars, releases))
        log.info("%s candles: %d releases can be measured", timeframe, len(chosen.events))
        if len(chosen.events) == 0:
            tables["impact_coverage"].append(chosen.unmeasured_rows(run.settings.impact.windows_h))
            continue
        try:
            study = ImpactStudy(
                chosen,
                run.settings.impact.windows_h,
                dataset.scale if timeframe == "1h" else None,
                announcements=NO_ANNOUNCEMENTS if run.settings.simulated.enabled else macro_announcements(),
            )
        except NoWindowError as error:
            log.info("%s candles are left out: %s", timeframe, error)
            continue
        against = (pl.DataFrame(), pl.DataFrame())
        if timeframe == "1h" and not scores.is_empty():
            against = forecast_rows(study, scores)
        tables["impact"] += [study.impact_rows(), against[0]]
        tables["impact_coverage"].append(study.coverage_rows())
        tables["impact_paths"].append(path_rows(study))
        traits, tests = release_traits(study, caps), event_test_rows(study)
        tables["impact_tests"] += [tests, against[1]]
        tables["impact_comparisons"].append(realised_comparisons(study, traits))
        parts[timeframe] = response_parts(study, traits, tests)
        if timeframe == "1h":
            tables["impact_controls"].append(control_rows(study))
            responses = response_rows(con, run, study, traits)
            tables["response_expected"].append(responses.expected)
            tables["response_record"].append(responses.record)
            said = responses.said
            tables["counterfactual"].append(responses.effects.select(c.name for c in COUNTERFACTUAL.columns))
            tables["impact_comparisons"].append(_compared(responses.effects))
            tables["impact_tests"].append(expected_and_realised(responses.effects, study.moves.primary))
    answer = answer_of(
        _joined(tables["impact_tests"]), _joined(tables["impact_comparisons"]), parts,
        simulated=run.settings.simulated.enabled,
    )  # fmt: skip
    for name, table in answer.items():
        tables[name] = [with_sentences(table, "1h", said) if name == "impact_conclusions" else table]
    tables["impact_controls"].append(positive_rows(_joined(tables["known_cases"]), answer["impact_response"]))
    if not scores.is_empty():
        tables["scored"].append(scores.drop(NOT_STORED))
        found = alert_rows(con, run, scores, _joined(tables["impact"]))
        tables["release_alerts"].append(found.alerts)
        tables["similar_releases"].append(found.similar)
    with transaction(con):
        return [_write(con, run, e, tables[e.name]) for e in TABLES]


def _compared(effects: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_comparisons on what the response model expects, with q-values."""
    rows = pl.DataFrame(expected_comparisons(effects), infer_schema_length=None)
    return rows if rows.is_empty() else with_comparison_q_values(rows)


def of_releases(con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset) -> pl.DataFrame:
    """The releases that count, one row per document and asset, with what the detector says of them."""
    every = dataset.links.filter(pl.col("kind").is_in(list(run.settings.impact.kinds)))
    releases = keep_first_reports(every, read.read(con, "features.document_stories"))
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
    for timeframe in (t for t in SECONDS if t != "1d"):
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
        rows = pl.DataFrame(schema={c.name: pl.String for c in entity.columns})
    return write(con, entity, rows, run.batch("impact"), replace=True)
