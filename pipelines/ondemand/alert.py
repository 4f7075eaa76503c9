"""One release: what to expect after it, who wrote it, what followed the like of it. From what was known at its time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from pipelines.run import Run, recorded_run
from pipelines.settings.settings import Settings
from pipelines.stages.dataset import with_labels
from pipelines.stages.impact.alerts import alert_rows
from pipelines.stages.impact.expected import expected_moves
from pipelines.stages.impact.impact import of_releases
from pipelines.stages.plan import BY_NAME
from pipelines.stages.stage import RunContext, run_stage
from warehouse import read
from warehouse.connect import WarehouseMissingError


class NoSuchReleaseError(ValueError):
    """No release of the warehouse is meant, or more than one."""


@dataclass(frozen=True)
class Alert:
    """What is known of one release; `responses`, `expected` and `similar` as models.response_expected, release_alerts
    and similar_releases.
    """

    doc_id: str
    title: str
    available_ts: datetime
    group: str
    authorship: str
    responses: pl.DataFrame
    expected: pl.DataFrame
    similar: pl.DataFrame
    why_not: str
    is_simulated: bool


def alert(settings: Settings, wanted: str) -> Alert:
    """The alert of the release with this doc_id, or with this in its headline.

    A release that no night has scored yet is scored now, by the newest model that was trained before it; nothing of it
    is stored. NoSuchReleaseError where none or several are meant.
    """
    if not settings.warehouse.exists():
        raise WarehouseMissingError(f"no warehouse at {settings.warehouse}: run `tapewire nightly` first")
    with recorded_run(settings, "alert") as run:
        return _alert(run, wanted)


def _alert(run: Run, wanted: str) -> Alert:
    with run.open() as con:
        known = read.as_of(con, "documents", run.as_of)
        document = _document(with_labels(con, known), wanted)
        scored = read.read(con, "models.scored").filter(pl.col("doc_id") == document["doc_id"])
    why_not = ""
    if scored.is_empty():
        scored, why_not = _score_now(run, document["doc_id"])
    with run.open() as con:
        found = alert_rows(con, run, scored, read.read(con, "models.impact"), document["doc_id"])
        titles = read.as_of(con, "documents", run.as_of).select(similar_doc_id="doc_id", similar_title="title")
        judged = _authorship(con, document)
        responses = read.read(con, "models.response_expected").filter(pl.col("doc_id") == document["doc_id"])
    return Alert(
        document["doc_id"], document["title"], document["available_ts"], document["release_group"], judged,
        responses.sort("asset", "window_h"), found.alerts.sort("asset", "horizon_h"),
        found.similar.join(titles, on="similar_doc_id", how="left"), why_not, document["is_simulated"],
    )  # fmt: skip


def _document(documents: pl.DataFrame, wanted: str) -> dict[str, Any]:
    exact = documents.filter(pl.col("doc_id") == wanted)
    found = (
        exact
        if len(exact)
        else documents.filter(pl.col("title").str.to_lowercase().str.contains(wanted.lower(), literal=True))
    )
    if len(found) == 1:
        return found.row(0, named=True)
    if found.is_empty():
        raise NoSuchReleaseError(
            f"no document has the id {wanted!r} or that in its headline; marts.releases lists them"
        )
    some = "; ".join(f"{r['doc_id']} ({r['title'][:60]})" for r in found.sort("event_ts").tail(5).iter_rows(named=True))
    raise NoSuchReleaseError(f"{len(found)} documents have {wanted!r} in their headline; give one id: {some}")


def _score_now(run: Run, doc_id: str) -> tuple[pl.DataFrame, str]:
    """Rows of models.scored for a release that no night has scored, and why there are none where there are none."""
    context = RunContext(run)
    with run.open() as con:
        placed = read.read(con, "features.document_embeddings").filter(pl.col("doc_id") == doc_id)
    if placed.is_empty():
        run_stage(BY_NAME["derive"], context)
    with run.open() as con:
        market = context.dataset(con)
        releases = of_releases(con, run, market).filter(pl.col("doc_id") == doc_id)
        if releases.is_empty():
            return _nothing(), "it speaks of no asset that there are candles of, or is a copy of an earlier release"
        if (releases["ts_precision"] == "day").all():
            return _nothing(), "only the day of it is known, and no hour to look from"
        scored = expected_moves(con, run, market, releases)
    own = scored if scored.is_empty() else scored.filter(pl.col("doc_id") == doc_id)
    return (
        (own, "")
        if len(own)
        else (_nothing(), "no model was trained before it, or there are no candles up to it; run `tapewire train`")
    )


def _nothing() -> pl.DataFrame:
    columns = ("doc_id", "asset", "placed_doc_id", "release_group")
    numbers = ("low_text", "median_text", "width_text", "width_none", "low_walk", "width_walk")
    return pl.DataFrame(schema={
        **dict.fromkeys(columns, pl.String), "horizon_h": pl.Int32, "available_ts": pl.Datetime("us", "UTC"),
        **dict.fromkeys(numbers, pl.Float64),
    })  # fmt: skip


def _authorship(con: duckdb.DuckDBPyConnection, document: dict[str, Any]) -> str:
    """What is known of who wrote it: the stored verdict, else one made now, else why there is none."""
    stored = (
        read.read(con, "features.document_authorship")
        .filter(pl.col("doc_id") == document["doc_id"]).sort("ingested_ts").tail(1).to_dicts()
    )  # fmt: skip
    if stored:
        p = stored[0]["machine_probability"]
        return stored[0]["verdict"] if p is None else f"{stored[0]['verdict']}, {p:.0%} probability of a machine"
    if document["is_simulated"]:
        return f"not judged: simulated prose never is ({document['authorship']} by construction)"
    return _judge_now(f"{document['title']}\n\n{document['body']}", document["kind"])


def _judge_now(text: str, kind: str) -> str:
    from models.text.detection.detector import load_detector
    from models.text.detection.judging import reader_of, score_texts
    from models.text.language.causal import MissingModelError

    detector = load_detector()
    try:
        reader = reader_of(detector)
    except MissingModelError as error:
        return f"not judged: {error}"
    r = detector.judge(score_texts([text], detector, reader), [kind]).row(0, named=True)
    p = r["probability"]
    return str(r["verdict"]) if p is None else f"{r['verdict']}, {p:.0%} probability of a machine"
