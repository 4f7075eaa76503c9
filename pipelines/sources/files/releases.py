"""Files of documents as rows of core, and what tables of documents and of events share."""

import re
from collections.abc import Iterator

import polars as pl

from domain.labels import label_words
from domain.moments import PRECISION_S
from pipelines.settings.sources import FileTable
from pipelines.sources.documents import as_of_the_day, document_id, linked
from pipelines.sources.feeds.articles import text_of
from pipelines.sources.files.moments import Typed, with_moments
from pipelines.sources.named_assets import nearest, read_assets
from warehouse.conform import no_refusals
from warehouse.schema.documents import DOCUMENT_ASSETS, DOCUMENTS

_MARKUP = re.compile(
    r"</?(?:p|div|br|span|script|style|a|li|ul|h[1-6]|table|img|strong|em|b|i)\b[^<>]*>", re.IGNORECASE
)
SAME_PRECISION = {
    "seconds": "second", "sec": "second", "s": "second", "exact": "second", "ms": "second", "millisecond": "second",
    "minutes": "minute", "min": "minute", "1min": "minute", "hours": "hour", "h": "hour", "days": "day", "date": "day",
    "report_minute": "report-minute", "~5 min": "~5min", "~10min": "~15min", "~15 min": "~15min", "~30 min": "~30min",
}  # fmt: skip


def document_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.documents and core.document_assets; assets that the table does not give are linked by the text."""
    frame = with_moments(frame, "published_at", name)
    published = pl.col("_published_at")
    said = pl.col("ts_precision").str.to_lowercase().fill_null("second").replace(SAME_PRECISION)
    seconds = coarser(said, PRECISION_S, "_published_at_precision")
    precision = seconds.replace_strict({s: name for name, s in PRECISION_S.items()}, return_dtype=pl.String)
    frame = frame.with_columns(pl.col("body").cast(pl.String).map_elements(_without_markup, return_dtype=pl.String))
    text = {c: pl.col(c).cast(pl.String).fill_null("") for c in ("title", "body", "url", "source", "id")}
    with_id = pl.col("id").is_not_null() & (text["url"] != "")
    shared = with_id & (pl.col("id").n_unique().over(text["url"]) > 1)  # one page, several ids: these tell them apart
    shared |= pl.col("url").cast(pl.String).str.contains("#").fill_null(value=False)  # a place on a page
    guid = text["source"] + "|" + pl.coalesce(pl.col("id").cast(pl.String), text["title"])
    ids = frame.select(
        url=pl.when(shared).then(pl.lit("")).otherwise(text["url"]),
        guid=pl.when(shared).then(guid + "|" + text["url"]).otherwise(guid),
    )
    docs = (
        frame.with_columns(
            doc_id=pl.Series([document_id(u, g) for u, g in ids.iter_rows()], dtype=pl.String),
            event_ts=_floor(published, precision),
            ts_precision=precision,
        )
        .with_columns(
            available_ts=pl.col("event_ts") + pl.duration(seconds=seconds),
            is_late_stamp=pl.lit(False),
            availability_assumed=pl.lit(True),
            publisher=text["source"],
            kind=pl.col("kind").fill_null("news"),
            title=text["title"],
            body=text["body"],
            **{name: read_label(frame, name) for name in ("authorship", "veracity")},
        )
        .with_columns(*evidence())
    )
    yield Typed(DOCUMENTS, docs.select(document_columns(docs)), f"files:{name}")
    given, unnamed, refused = named_links(docs, "given by the source", 0.6)
    yield Typed(DOCUMENT_ASSETS, pl.concat([given, linked(unnamed)]), f"files:{name}", refused, rows_per_record=0)


def coarser(said: pl.Expr, lengths: dict[str, int], shown: str) -> pl.Expr:
    """The precision of a time in seconds: what the table says, or what the stamp itself shows where that is less."""
    day = PRECISION_S["day"]
    return pl.max_horizontal(
        said.replace_strict(lengths, default=day, return_dtype=pl.Int64),
        pl.col(shown).replace_strict(PRECISION_S, default=day, return_dtype=pl.Int64),
    )


def _floor(moment: pl.Expr, precision: pl.Expr) -> pl.Expr:
    return (
        pl.when(precision == "day")
        .then(moment.dt.truncate("1d"))
        .when(precision == "hour")
        .then(moment.dt.truncate("1h"))
        .when(precision == "minute")
        .then(moment.dt.truncate("1m"))
        .otherwise(moment)
    )


def _without_markup(body: str) -> str:
    """A body without the elements of HTML, where it has any."""
    return text_of(body) if _MARKUP.search(body) else body


def read_label(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A label in the words of `domain.labels`; what is none of them as it is written, so that quarantine shows it."""
    return pl.coalesce(pl.lit(label_words(frame[name], name)), pl.col(name), pl.lit("unknown"))


def evidence() -> list[pl.Expr]:
    return [
        pl.when(pl.col(c) == "unknown").then(pl.lit("none")).otherwise(pl.lit("labelled")).alias(f"{c}_evidence")
        for c in ("authorship", "veracity")
    ]


def document_columns(frame: pl.DataFrame) -> list[str]:
    return [c.name for c in DOCUMENTS.columns if c.name in frame.columns]


def named_links(docs: pl.DataFrame, method: str, confidence: float) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Links to the assets that the table names, documents for which it names none that is known, and the names that
    nothing knows (`reason`, `payload`).
    """
    cells = docs.select("doc_id", "event_ts", "available_ts", cell=pl.col("assets").cast(pl.String).fill_null(""))
    read = {cell: read_assets(cell) for cell in cells["cell"].unique()}
    tickers = [list(read[cell].tickers) for cell in cells["cell"]]
    named = cells.with_columns(asset=pl.Series(tickers, dtype=pl.List(pl.String)))
    links = (
        named.drop("cell")
        .filter(pl.col("asset").list.len() > 0, pl.col("event_ts").is_not_null())
        .explode("asset")
        .unique(["doc_id", "asset"], maintain_order=True)
        .with_columns(confidence=pl.lit(confidence), method=pl.lit(method))
    )
    strange = [
        (f"assets: {name!r} is no asset that is known" + _hint(name), f"{doc_id}: {cell[:200]}")
        for doc_id, cell in cells.select("doc_id", "cell").iter_rows()
        for name in read[cell].unknown
    ]
    refused = pl.DataFrame(strange, schema=no_refusals().schema, orient="row")
    return as_of_the_day(links), docs.filter(named["asset"].list.len() == 0), refused


def _hint(name: str) -> str:
    near = nearest(name)
    return f"; did you mean {near}?" if near else ""
