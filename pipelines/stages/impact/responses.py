"""What to expect after each release, and how that has held so far: rows of models.response_expected and
models.response_record.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from models.impact.comparison.groups import ReleaseTraits
from models.impact.event_time import expected_rows, history_of, text_rows
from models.impact.expected_comparison import text_effects
from models.impact.findings.response_record import record_rows, said_of_record
from models.impact.study import ImpactStudy
from models.response.walk_forward import expect
from pipelines.run import Run
from pipelines.stages.impact.other_texts import other_texts
from warehouse import read


@dataclass(frozen=True)
class Responses:
    """Rows of both tables, sentences on the record, and what other texts in the place of each release change (rows of
    `text_effects`).
    """

    expected: pl.DataFrame
    effects: pl.DataFrame
    record: pl.DataFrame
    said: list[str]


def response_rows(con: duckdb.DuckDBPyConnection, run: Run, study: ImpactStudy, traits: ReleaseTraits) -> Responses:
    """Walk over the releases of `study`, each with its text as first published, and with others in its place."""
    first = read.first_versions(con, "documents", run.as_of).select("doc_id", first_title="title", first_body="body")
    released = study.sample.frame.join(first, on="doc_id", how="left", maintain_order="left").with_columns(
        text=pl.concat_str("first_title", "first_body", separator=" ", ignore_nulls=True)
    )
    history, order = history_of(study, traits, released["text"].to_list(), released["kind"].to_list())
    others = other_texts(con, released[order])
    found = expect(history, others.texts)
    record = record_rows(history, study.groups[order], found)
    effects = text_effects(text_rows(study, history, order, found, others.ids))
    return Responses(expected_rows(study, history, order, found), effects, record, said_of_record(record))


def with_sentences(conclusions: pl.DataFrame, study_id: str, said: list[str]) -> pl.DataFrame:
    """Rows of models.impact_conclusions with further sentences on one study at its end."""
    if not said:
        return conclusions
    last = 0 if conclusions.is_empty() else conclusions.filter(pl.col("study_id") == study_id).height
    more = pl.DataFrame({"sentence": said}).with_columns(
        study_id=pl.lit(study_id), place=pl.int_range(last + 1, last + 1 + len(said), dtype=pl.Int32)
    )
    return more if conclusions.is_empty() else pl.concat([conclusions, more.select(conclusions.columns)])
