"""What was known of a release when it arrived: the range of moves to expect, who wrote it, what followed the like of
it.

Nothing here looks past the moment at which the release became available: the model was trained before it, and of the
earlier releases only those count whose day was over by then.
"""

from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import polars as pl

from models.impact.study_moves import RAW, RESIDUAL
from models.text.embed import MODEL as WORD_MODEL
from models.text.language.sentence import MODEL as SENTENCE_MODEL
from pipelines.run import Run
from warehouse import read

RECENT_DAYS = 30
MOST = 200
SIMILAR = 5
WINDOW_H = 24.0


@dataclass(frozen=True)
class Alerts:
    """Rows of models.release_alerts and of models.similar_releases."""

    alerts: pl.DataFrame
    similar: pl.DataFrame


def alert_rows(
    con: duckdb.DuckDBPyConnection, run: Run, scored: pl.DataFrame, impact: pl.DataFrame, doc_id: str | None = None
) -> Alerts:
    """Alerts for one release, or for the newest (of the last RECENT_DAYS, MOST at most, the newest first).

    `scored`: rows of models.scored; `impact`: rows of models.impact, of which the 24-hour moves are read.
    """
    written = read.read(con, "models.generated_releases")["text_id"]
    own = scored.filter(~pl.col("doc_id").is_in(written.implode()))  # what the generator wrote has not arrived
    if doc_id is None:
        recent = own.filter(pl.col("available_ts") > pl.col("available_ts").max() - timedelta(days=RECENT_DAYS))
        chosen = recent.select("doc_id", "available_ts").unique().sort("available_ts", "doc_id").tail(MOST)["doc_id"]
    else:
        chosen = pl.Series([doc_id])
    own = own.filter(pl.col("doc_id").is_in(chosen.implode()))
    similar = _similar(con, own.select("doc_id", "asset", "available_ts").unique(maintain_order=True), impact)
    followed = similar.group_by("doc_id", "asset").agg(
        n_similar=pl.len().cast(pl.Int32),
        similar_scaled_move=pl.col("scaled_move").mean(),
        similar_excess_move=pl.col("excess_move").mean(),
    )
    judged = (
        read.read(con, "features.document_authorship")
        .sort("ingested_ts", "detector")
        .unique("doc_id", keep="last")
        .select("doc_id", "machine_probability", machine_verdict="verdict")
    )
    alerts = (
        own.join(judged, on="doc_id", how="left")
        .join(followed, on=["doc_id", "asset"], how="left")
        .select(
            "doc_id", "asset", "horizon_h", "available_ts", "low_text", "median_text",
            (pl.col("low_text") + pl.col("width_text")).alias("high_text"), "low_walk",
            (pl.col("low_walk") + pl.col("width_walk")).alias("high_walk"),
            (pl.col("width_text") / pl.col("width_none") - 1).alias("width_change"), "machine_probability",
            "machine_verdict", pl.col("n_similar").fill_null(0), "similar_scaled_move", "similar_excess_move",
        )
    )  # fmt: skip
    return Alerts(alerts, similar)


def _similar(con: duckdb.DuckDBPyConnection, chosen: pl.DataFrame, impact: pl.DataFrame) -> pl.DataFrame:
    """The SIMILAR earlier releases nearest in meaning (where both were placed by the sentence model), else in words."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "doc_id": pl.String, "asset": pl.String, "place": pl.Int32, "similar_doc_id": pl.String,
        "similar_asset": pl.String, "similarity": pl.Float64, "vectors": pl.String,
        "available_ts": pl.Datetime("us", "UTC"), "similar_event_ts": pl.Datetime("us", "UTC"), "car": pl.Float64,
        "scaled_move": pl.Float64, "excess_move": pl.Float64, "reversal_share": pl.Float64,
    }  # fmt: skip
    if impact.is_empty() or chosen.is_empty():
        return pl.DataFrame(schema=schema)
    primary = RESIDUAL if RESIDUAL in impact["benchmark"].unique() else RAW
    past = (
        impact.filter(pl.col("benchmark") == primary, pl.col("window_h") == WINDOW_H, pl.col("study_id") == "1h")
        .select("doc_id", "asset", "event_ts", "car", "scaled_move", "excess_move", "reversal_share",
                over_ts=pl.max_horizontal("available_ts", pl.col("event_ts") + pl.duration(hours=WINDOW_H)))
        .sort("over_ts", "doc_id", "asset")
    )  # fmt: skip
    vectors = {m: _vectors(con, m) for m in (SENTENCE_MODEL, WORD_MODEL)}
    rows: list[dict[str, object]] = []
    for doc, asset, available in chosen.select("doc_id", "asset", "available_ts").iter_rows():
        over = past.filter(pl.col("over_ts") <= available, pl.col("doc_id") != doc).unique(
            "doc_id", maintain_order=True
        )
        for model, (place_of, matrix) in vectors.items():
            known = over.filter(pl.col("doc_id").is_in(list(place_of)))
            if doc not in place_of or known.is_empty():
                continue
            closeness = matrix[[place_of[d] for d in known["doc_id"]]] @ matrix[place_of[doc]]
            top = np.argsort(-closeness, kind="stable")[:SIMILAR]
            for place, (at, r) in enumerate(zip(top, known[top.tolist()].iter_rows(named=True), strict=True), start=1):
                rows.append({
                    "doc_id": doc, "asset": asset, "place": place, "similar_doc_id": r["doc_id"],
                    "similar_asset": r["asset"], "similarity": float(closeness[at]), "vectors": model,
                    "available_ts": available, "similar_event_ts": r["event_ts"],
                    **{k: r[k] for k in ("car", "scaled_move", "excess_move", "reversal_share")},
                })  # fmt: skip
            break
    return pl.DataFrame(rows, schema=schema)


def _vectors(con: duckdb.DuckDBPyConnection, model: str) -> tuple[dict[str, int], np.ndarray]:
    """Places of documents in a matrix of unit vectors, by one model."""
    frame = read.read(con, "features.document_embeddings").filter(pl.col("model") == model).sort("doc_id")
    place_of = {d: i for i, d in enumerate(frame["doc_id"].to_list())}
    width = len(frame["embedding"][0]) if len(frame) else 0
    return place_of, np.array(frame["embedding"].to_list(), dtype=np.float64).reshape(len(place_of), width)
