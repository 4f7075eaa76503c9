"""Curated tables of announcements: the release as it was published, and apart from it what came out about it later.

The text of a known false release is what it claimed. Its curator's words ("fake release says …"), the labels, the
retraction and the reported move are rows of core.source_labels, available from the retraction on; where no retraction
is known, from the moment that tapewire read them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import polars as pl

from domain.cells import read_truths
from domain.moments import PRECISION_S
from models.impact.cases import known_claims
from pipelines.settings.sources import FileTable
from pipelines.sources.files.moments import Typed, with_moments
from pipelines.sources.files.releases import (
    SAME_PRECISION,
    coarser,
    document_columns,
    named_links,
    read_label,
)
from pipelines.sources.named_assets import read_assets
from warehouse.conform import no_refusals
from warehouse.schema.documents import DOCUMENT_ASSETS, DOCUMENTS, SOURCE_LABELS

MACHINE = r"machine|generated|\bai\b|\bllm\b|\bbot\b|chatgpt"
EVENT_PRECISION_S = {
    "second": 1, "minute": 60, "report-minute": 60, "~5min": 300, "~15min": 900, "~30min": 1800, "hour": 3600,
    "day": 86400,
}  # fmt: skip
HINDSIGHT = re.compile(
    r"(?i)\b(fake\w*|false\w*|hoax\w*|forge\w*|fabricat\w+|doctored|hack(s|ed|ers?)|hijack\w*|compromised|bogus|scam\w*|"
    r"phish\w*|spoof\w*|impersonat\w+|untrue|mis(read|report|lead|tak)\w*|den(y|ies|ied|ial)|debunk\w*|retract\w*|"
    r"deep-?fake\w*|(ai|machine|computer)[- ](generated|written|made|text|image|picture)|un(confirmed|founded|sourced)|"
    r"never confirmed|turned out|read as|clarif\w+|rumou?r\w*|alleged\w*|purported\w*|supposed\w*)\b"
)


def event_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.documents, core.document_assets and core.source_labels of a curated table.

    A date without a time is a day; a first report's minute is a late stamp. A row that is not known to be true and
    whose headline tells what came out later is refused unless `claim`, or a known case, says what was claimed.
    """
    frame = with_moments(with_moments(frame, "utc_time", name), "retraction_utc_time", name)
    said = pl.col("time_precision").str.to_lowercase().replace(SAME_PRECISION)
    seconds = coarser(said, EVENT_PRECISION_S, "_utc_time_precision")
    moment = pl.col("_utc_time")
    events = frame.with_columns(
        _labels(frame),
        doc_id=pl.col("event_key"),
        event_ts=moment,
        available_ts=moment + pl.duration(seconds=seconds),
        ts_precision=pl.when(seconds >= 86400)
        .then(pl.lit("day"))
        .when(seconds >= 3600)
        .then(pl.lit("hour"))
        .otherwise(pl.lit("minute")),
        assets=pl.col("asset").map_elements(_without_remark, return_dtype=pl.String),
    )
    published = _as_published(events)
    blind = published["title"].is_null()
    yield Typed(DOCUMENTS, _documents(published.filter(~blind)), f"files:{name}", _refused(events.filter(blind)))
    links, _, refused = named_links(published.filter(~blind), "curated", 1.0)
    yield Typed(DOCUMENT_ASSETS, links, f"files:{name}", refused, rows_per_record=0)
    yield Typed(SOURCE_LABELS, _afterwards(events.filter(~blind)), f"files:{name}", rows_per_record=0)


def _labels(frame: pl.DataFrame) -> list[pl.Expr]:
    label = pl.col("label").str.to_lowercase().fill_null("")
    machine = label.str.contains(MACHINE)
    return [
        pl.when(machine).then(pl.lit("machine")).otherwise(pl.lit("human")).alias("authorship"),
        pl.when(label.str.starts_with("none"))
        .then(pl.lit("unknown"))
        .otherwise(read_label(frame, "veracity"))
        .alias("veracity"),
    ]


def _as_published(events: pl.DataFrame) -> pl.DataFrame:
    """`title` and `channel` as one could read them at the time; a null title where nothing says what was claimed."""
    true = pl.col("veracity") == "true"
    known = [_known_claim(cell, when) for cell, when in events.select("assets", "event_ts").iter_rows()]
    plain = {c: pl.when(true | ~pl.col(c).map_elements(_shows_hindsight, return_dtype=pl.Boolean)).then(pl.col(c))
             for c in ("title", "channel")}  # fmt: skip
    claimed = pl.when(~true).then(pl.lit(pl.Series(known, dtype=pl.String)))
    return events.with_columns(pl.coalesce(pl.col("claim"), claimed, plain["title"]).alias("title"), plain["channel"])


def _shows_hindsight(words: str) -> bool:
    return HINDSIGHT.search(words) is not None


def _known_claim(assets: str | None, when: datetime | None) -> str | None:
    if when is None:
        return None
    tickers = read_assets(assets or "").tickers
    day: date = when.date()
    return next((known_claims()[key] for t in (*tickers, "") if (key := (t, day)) in known_claims()), None)


def _refused(blind: pl.DataFrame) -> pl.DataFrame:
    """Rows whose words as published nobody gives; those without a headline at all are refused as such."""
    if blind.is_empty():
        return no_refusals()
    told = [HINDSIGHT.search(t or "") for t in blind["title"]]
    reasons = [
        f"the headline tells what came out later ({m[0]!r}): give the words as published in the column claim"
        if m
        else "title is missing"
        for m in told
    ]
    payload = pl.struct("event_key", "utc_time", "asset", "title", "veracity").struct.json_encode()
    return blind.select(pl.Series("reason", reasons, dtype=pl.String), payload.alias("payload"))


def _documents(published: pl.DataFrame) -> pl.DataFrame:
    unknown = {f"{c}{suffix}": pl.lit(word) for c in ("authorship", "veracity")
               for suffix, word in (("", "unknown"), ("_evidence", "none"))}  # fmt: skip
    rows = published.with_columns(
        is_late_stamp=pl.col("time_precision").str.to_lowercase().str.starts_with("report").fill_null(value=False),
        availability_assumed=pl.lit(True),
        publisher=pl.col("channel").fill_null("unknown"),
        kind=pl.lit("event"),
        body=pl.lit(""),
        **unknown,
    )
    return rows.select(document_columns(rows))


def _afterwards(events: pl.DataFrame) -> pl.DataFrame:
    """Rows of core.source_labels."""
    length = pl.col("_retraction_utc_time_precision").replace_strict(PRECISION_S, default=PRECISION_S["day"])
    retracted = pl.col("_retraction_utc_time")
    seen = datetime.now(UTC).replace(microsecond=0)
    return events.select(
        "doc_id", "event_ts",
        pl.max_horizontal("available_ts", pl.coalesce(retracted + pl.duration(seconds=length), pl.lit(seen))),
        "authorship", "veracity", pl.col("label").alias("event_label"), retracted.alias("retracted_ts"),
        pl.col("price_move").alias("reported_move"),
        _recommended(events["include_recommended"]).alias("is_recommended"),
        pl.col("title").alias("curator_title"), pl.col("channel").alias("curator_channel"),
        pl.col("source_urls").str.split("|").list.first().str.strip_chars().alias("report_url"),
    )  # fmt: skip


def _recommended(column: pl.Series) -> pl.Series:
    """Whether a curator wants an event in a clean test: not where a cell begins with a word for no."""
    first = column.cast(pl.String).str.to_lowercase().str.extract(r"^([a-z0-9.]+)", 1)
    return read_truths(first).fill_null(value=True)


def _without_remark(assets: str) -> str:
    """The assets of a curated event without what is said of them (`HACKED (a scam token)`); "none named" is none."""
    plain = re.sub(r"\([^()]*[ ,;][^()]*\)", "", assets)
    return "" if re.match(r"(?i)\s*none\b", plain) else re.sub(r"(?i)\s+(?:and|&)\s+others?\s*$", "", plain)
