"""News per asset and hour: how much, and how new. A document counts from the hour in which it became available."""

import numpy as np
import polars as pl

BASE_DAYS = 30
NOVELTY_DAYS = 7


def keep_first_reports(links: pl.DataFrame, stories: pl.DataFrame) -> pl.DataFrame:
    """The rows of `links` (doc_id, asset, available_ts) that are the first report of their story on their asset.

    `stories`: doc_id, story_id. Whether a row is kept depends only on what was available by then. A document in no
    story is kept. Order and columns do not change.
    """
    with_story = links.with_row_index("row").join(stories.select("doc_id", "story_id"), on="doc_id", how="left")
    first = (
        with_story.with_columns(story_id=pl.coalesce("story_id", "doc_id"))
        .sort("available_ts", "doc_id")
        .unique(["story_id", "asset"], keep="first", maintain_order=True)
    )
    return first.sort("row").select(links.columns)


def news_hourly(links: pl.DataFrame, embeddings: pl.DataFrame, authorship: pl.DataFrame) -> pl.DataFrame:
    """Counts, intensity, novelty and machine authorship per asset and hour in which a document became available.

    `links`: doc_id, asset, available_ts, each story once (`keep_first_reports`). `embeddings`: doc_id, embedding (unit
    length). `authorship`: doc_id, machine_probability (null: too short to judge), a row per judged document. The row of
    an hour has the hour's end as `event_ts` and `available_ts`, and uses documents available by then only.
    """
    if links.is_empty():
        return pl.DataFrame(
            schema={
                "asset": pl.String, "event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC"),
                "documents_1h": pl.Int32, "documents_24h": pl.Int32, "intensity": pl.Float64, "novelty": pl.Float64,
                "machine_probability": pl.Float64,
            }
        )  # fmt: skip
    hour = (pl.col("available_ts") - pl.duration(microseconds=1)).dt.truncate("1h") + pl.duration(hours=1)
    docs = links.with_columns(event_ts=hour).sort("asset", "event_ts", "doc_id")
    hourly = docs.group_by("asset", "event_ts").agg(documents_1h=pl.len().cast(pl.Int32)).sort("asset", "event_ts")
    day = hourly.rolling("event_ts", period="24h", group_by="asset").agg(
        documents_24h=pl.col("documents_1h").sum().cast(pl.Int32)
    )
    month = hourly.rolling("event_ts", period=f"{BASE_DAYS}d", group_by="asset").agg(
        daily_mean=pl.col("documents_1h").sum() / BASE_DAYS
    )
    return (
        hourly.join(day, on=["asset", "event_ts"])
        .join(month, on=["asset", "event_ts"])
        .join(_novelty(docs, embeddings), on=["asset", "event_ts"], how="left")
        .join(_machine_written(docs, authorship), on=["asset", "event_ts"], how="left")
        .with_columns(
            available_ts=pl.col("event_ts"),
            intensity=(pl.col("documents_24h") + 1).log() - (pl.col("daily_mean") + 1).log(),
        )
        .drop("daily_mean")
        .sort("asset", "event_ts")
    )


def _novelty(docs: pl.DataFrame, embeddings: pl.DataFrame) -> pl.DataFrame:
    """Highest novelty among the documents of each hour: 1 − the highest cosine to one of the past week."""
    joined = docs.join(embeddings.select("doc_id", "embedding"), on="doc_id").sort("asset", "available_ts", "doc_id")
    parts = []
    for _, group in joined.group_by("asset", maintain_order=True):
        novelty = 1 - pl.Series(_nearest_before(group)[0], dtype=pl.Float64)
        parts.append(group.select("asset", "event_ts").with_columns(novelty=novelty))
    if not parts:
        return pl.DataFrame(schema={"asset": pl.String, "event_ts": docs.schema["event_ts"], "novelty": pl.Float64})
    return pl.concat(parts).group_by("asset", "event_ts").agg(pl.col("novelty").max())


def _machine_written(docs: pl.DataFrame, authorship: pl.DataFrame) -> pl.DataFrame:
    """Highest probability of machine authorship among the documents of each hour that were judged."""
    judged = docs.join(authorship.select("doc_id", "machine_probability"), on="doc_id")
    return judged.group_by("asset", "event_ts").agg(pl.col("machine_probability").max())


def document_novelty(embeddings: pl.DataFrame, sentence_embeddings: pl.DataFrame) -> pl.DataFrame:
    """`doc_id`, `available_ts`, `novelty`, and `nearest_doc_id` with `nearest_similarity` of each document.

    Novelty is 1 − the highest cosine of its word vector (`embeddings`) to a document of the week before it, 1 where
    there is none; the nearest has the highest cosine between `sentence_embeddings`, null where none was read. Both
    frames: doc_id, available_ts, embedding (unit length). Ties in time are ordered by doc_id.
    """
    ordered = embeddings.select("doc_id", "available_ts", "embedding").sort("available_ts", "doc_id")
    similar, _ = _nearest_before(ordered)
    read = sentence_embeddings.select("doc_id", "available_ts", "embedding").sort("available_ts", "doc_id")
    cosine, place = _nearest_before(read)
    ids = read["doc_id"].to_list()
    nearest = pl.DataFrame(
        {
            "doc_id": ids,
            "nearest_doc_id": [ids[k] if k >= 0 else None for k in place],
            "nearest_similarity": [c if k >= 0 else None for c, k in zip(cosine, place, strict=True)],
        },
        schema={"doc_id": pl.String, "nearest_doc_id": pl.String, "nearest_similarity": pl.Float64},
    )
    novelty = ordered.select("doc_id", "available_ts").with_columns(novelty=1 - pl.Series(similar, dtype=pl.Float64))
    return novelty.join(nearest, on="doc_id", how="left", maintain_order="left")


def _nearest_before(ordered: pl.DataFrame) -> tuple[list[float], list[int]]:
    """Highest cosine of each row to one of the week before it, and that row; 0 and −1 where there is none.

    Rows in order of time.
    """
    vectors = np.array(ordered["embedding"].to_list(), dtype=np.float32)
    seconds = ordered["available_ts"].dt.epoch("s").to_numpy()
    starts = np.searchsorted(seconds, seconds - NOVELTY_DAYS * 86400)
    similar, place = [0.0] * len(ordered), [-1] * len(ordered)
    for i, first in enumerate(starts):
        if i > first:
            cosine = vectors[first:i] @ vectors[i]
            at = int(cosine.argmax())
            similar[i], place[i] = float(cosine[at]), int(first) + at
    return similar, place
