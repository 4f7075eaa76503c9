"""Stage of the night: who wrote what is new. Each document is judged once; generated releases are held beside real.

Simulated prose is left out: what it is like says nothing about texts that people or language models write.
"""

import logging

import duckdb
import polars as pl

from models.text.detection.accuracy import DETECTION_SCORES, DETECTOR_SCORE, detection_figures
from models.text.detection.detector import Detector, load_detector
from models.text.detection.judging import reader_of, score_texts
from models.text.detection.reader import Reader
from models.text.language.sentence import MODEL as SENTENCE_MODEL
from models.text.language.sentence import WIDTH as SENTENCE_WIDTH
from models.text.language.sentence import SentenceModel, embed_sentences, load_sentence_model
from pipelines.progress import tracked
from pipelines.run import Run
from pipelines.stages.dataset import with_labels
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.entity import Entity
from warehouse.schema.texts import DETECTION, DOCUMENT_AUTHORSHIP, DOCUMENT_EMBEDDINGS, GENERATED_SCORES
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.authorship")
CHUNK = 100
LEAST_TOKENS = (30, 50, 100, 200)


def detector_name(detector: Detector) -> str:
    """What verdicts of this detector are kept under: its language model and a hash of its numbers."""
    return f"{detector.causal}/{detector.fingerprint()}"


def waiting(con: duckdb.DuckDBPyConnection, run: Run, detector: Detector) -> pl.DataFrame:
    """Documents that no verdict of this detector is known of, as first seen: releases first, then the newest first."""
    documents = read.first_versions(con, "documents", run.as_of).filter(~pl.col("is_simulated"))
    judged = read.read(con, "features.document_authorship").filter(pl.col("detector") == detector_name(detector))
    is_release = pl.col("kind").is_in(run.settings.impact.kinds)
    return (
        documents.join(judged, on="doc_id", how="anti")
        .sort(is_release, "available_ts", "doc_id", descending=[True, True, False])
        .select("doc_id", "available_ts", "kind", "title", "body")
    )


def unscored(con: duckdb.DuckDBPyConnection, detector: Detector) -> pl.DataFrame:
    """Generated releases without a verdict of this detector; those that rest on simulated prose are left out."""
    judged = read.read(con, "models.generated_scores").filter(pl.col("detector") == detector_name(detector))
    releases = read.read(con, "models.generated_releases").filter(~pl.col("is_simulated"))
    return releases.join(judged, on="text_id", how="anti").sort("text_id")


def judge_documents(con: duckdb.DuckDBPyConnection, run: Run) -> list[WriteResult]:
    """Judge and place at most `text.max_documents` new documents, judge new generated releases, hold the two together.

    MissingModelError where there is something to judge and the language model is not installed. Written in chunks: what
    was judged before a kill is not judged again.
    """
    detector = load_detector()
    due, made = waiting(con, run, detector), unscored(con, detector)
    chosen = due.head(run.settings.text.max_documents)
    if len(due) > len(chosen):
        log.info("%d documents wait for a verdict; the next %d are judged now", len(due), len(chosen))
    written = tuple(WriteResult(e.name) for e in (DOCUMENT_AUTHORSHIP, GENERATED_SCORES, DOCUMENT_EMBEDDINGS))
    if len(chosen) or len(made):
        reader, sentences = reader_of(detector), load_sentence_model()
        keep = pl.col("doc_id"), pl.col("available_ts")
        written = (
            _judge(con, run, DOCUMENT_AUTHORSHIP, chosen, list(keep), detector, reader),
            _judge(con, run, GENERATED_SCORES, made, [pl.col("text_id")], detector, reader),
            _place(con, run, chosen, sentences),
        )
    with transaction(con):
        study = detection_study(con, run, detector)
        return [*written, write(con, DETECTION, study, run.batch("authorship", is_simulated=False), replace=True)]


def _place(con: duckdb.DuckDBPyConnection, run: Run, rows: pl.DataFrame, sentences: SentenceModel) -> WriteResult:
    """Vectors of meaning of documents, into features.document_embeddings."""
    vectors = embed_sentences(_texts(rows), sentences)
    frame = rows.select("doc_id", "available_ts").with_columns(
        model=pl.lit(SENTENCE_MODEL),
        embedding=pl.Series(vectors, dtype=pl.Array(pl.Float32, SENTENCE_WIDTH)).arr.to_list(),
    )
    with transaction(con):
        return write(con, DOCUMENT_EMBEDDINGS, frame, run.batch("authorship", is_simulated=False))


def _texts(rows: pl.DataFrame) -> list[str | None]:
    """Headline and body of each, as one text."""
    return rows.select(pl.concat_str(pl.col("title"), pl.lit("\n\n"), pl.col("body"))).to_series().to_list()


def _judge(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    entity: Entity,
    rows: pl.DataFrame,
    keep: list[pl.Expr],
    detector: Detector,
    reader: Reader,
) -> WriteResult:
    total = WriteResult(entity.name)
    parts = rows.iter_slices(CHUNK) if len(rows) else ()
    for part in tracked(parts, entity.name.replace("_", " "), len(rows), size=len, every_s=0.0):
        texts = _texts(part)
        scores = score_texts(texts, detector, reader, explained=True)
        judged = detector.judge(scores, part["kind"].to_list()).rename({"probability": DETECTOR_SCORE})
        frame = part.select(keep).hstack(judged).with_columns(detector=pl.lit(detector_name(detector)))
        with transaction(con):
            total += write(con, entity, frame, run.batch("authorship", is_simulated=False))
    return total


def detection_study(con: duckdb.DuckDBPyConnection, run: Run, detector: Detector) -> pl.DataFrame:
    """Rows of models.detection: generated releases against real ones of the same kind, per language model and length.

    Real: documents as of the run's moment that no machine is known to have written. Groups of less than MIN_TEXTS texts
    are left out.
    """
    name = detector_name(detector)
    by_detector = pl.col("detector") == name
    documents = with_labels(con, read.first_versions(con, "documents", run.as_of))
    documents = documents.filter(pl.col("authorship") != "machine")
    real = documents.join(read.read(con, "features.document_authorship").filter(by_detector), on="doc_id").select(
        pl.lit("").alias("model"), "kind", *DETECTION_SCORES, "n_tokens", "threshold", "doc_id"
    )
    made = read.read(con, "models.generated_releases").join(
        read.read(con, "models.generated_scores").filter(by_detector), on="text_id"
    )
    made = made.select("model", "kind", *DETECTION_SCORES, "n_tokens", "threshold", doc_id="text_id")
    rows = []
    for (model, kind), part in made.group_by("model", "kind", maintain_order=True):
        both = pl.concat([part, real.filter(pl.col("kind") == kind)])
        for least in LEAST_TOKENS:
            long = both.filter(pl.col("n_tokens") >= least)
            rows += detection_figures(str(model), str(kind), least, long)
    schema = {c.name: pl.Float64 for c in DETECTION.columns if c.type == "DOUBLE"} | {
        "model": pl.String, "kind": pl.String, "score": pl.String, "min_tokens": pl.Int32, "max_tokens": pl.Int32,
        "n_generated": pl.Int32, "n_real": pl.Int32,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else pl.DataFrame(schema=schema)
