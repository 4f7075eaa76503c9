"""A desk's own labels of who wrote a document and whether it is true: kept as rows of core, apart from its source's."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain.labels import LABELS, label_words
from pipelines.ondemand.tables import TableError, check_read, read_table
from pipelines.run import recorded_run
from pipelines.settings.settings import Settings
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.documents import DOCUMENT_LABELS
from warehouse.write import WriteResult, write


@dataclass(frozen=True)
class Labelled:
    """What an import did: the write, and how many rows named no document of the warehouse."""

    written: WriteResult
    n_unknown: int


def import_labels(settings: Settings, path: Path) -> Labelled:
    """Write the labels of a file: doc_id or url, authorship and/or veracity, note. They count from now on.

    A cell that is empty says nothing: an earlier label of the document stays, else what its source says, now and later.
    The same file twice changes nothing. TableError with what was found and what was expected.
    """
    rows = read_labels(path)
    with recorded_run(settings, "label") as run, run.open() as con, transaction(con):
        documents = read.as_of(con, "documents", run.as_of).select("doc_id", "url", "event_ts").sort("doc_id")
        before = read.read(con, "core.document_labels").select(
            "doc_id", before_authorship="authorship", before_veracity="veracity", before_note="note"
        )
        key = "doc_id" if "doc_id" in rows.columns else "url"
        found = rows.join(documents.unique(key, keep="first", maintain_order=True), on=key, how="inner").join(
            before, on="doc_id", how="left"
        )
        frame = found.select(
            "doc_id",
            "event_ts",
            pl.max_horizontal("event_ts", pl.lit(run.now)).alias("available_ts"),
            *(pl.coalesce(c, f"before_{c}").alias(c) for c in ("authorship", "veracity", "note")),
        )
        written = write(con, DOCUMENT_LABELS, frame, run.batch("desk", is_simulated=False, locator=path.name))
    return Labelled(written, len(rows) - len(found))


def read_labels(path: Path) -> pl.DataFrame:
    """doc_id or url, authorship, veracity, note of a file, as text; checked."""
    frame = read_table(path)
    key = next((c for c in ("doc_id", "url") if c in frame.columns), None)
    given = [c for c in LABELS if c in frame.columns]
    if key is None or not given:
        raise TableError(
            f"{path.name} needs doc_id or url, and authorship or veracity; it has {', '.join(frame.columns)}"
        )
    labels = {name: label_words(frame[name], name) for name in given}
    for name, words in labels.items():
        check_read(frame, name, words, path, ", ".join(LABELS[name]))
    rows = frame.select(
        pl.col(key).cast(pl.String).str.strip_chars(),
        *(pl.lit(labels.get(name), pl.String).alias(name) for name in LABELS),
        pl.col("note").cast(pl.String) if "note" in frame.columns else pl.lit(None, pl.String).alias("note"),
    )
    if rows[key].null_count() or rows[key].is_duplicated().any():
        raise TableError(f"{path.name}: every row needs a {key} of its own")
    return rows
