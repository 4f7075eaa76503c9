"""From the documented columns of a file to the rows of entities, with `available_ts` by each entity's rule."""

import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import polars as pl

from models.text.entities import link
from models.text.labels import release_group
from pipelines.settings import FileTable
from pipelines.sources.source import SourceError
from warehouse.conform import no_refusals
from warehouse.entities import (
    ASSET_METRICS,
    CANDLES,
    DOCUMENT_ASSETS,
    DOCUMENTS,
    FUNDING,
    SUPPLY,
    TIMEFRAMES,
    Entity,
)

COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "candles": (("exchange", "symbol", "timeframe", "ts", "open", "high", "low", "close", "volume"), ()),
    "supply": (("asset", "date"), ("supply", "price_usd", "market_cap_usd", "source", "chain")),
    "asset_metrics": (("asset", "date"), ("price_usd", "market_cap_usd", "supply", "source")),
    "funding": (("exchange", "symbol", "ts", "funding_rate"), ("source",)),
    "documents": (
        ("published_at", "source", "title"),
        ("id", "body", "url", "assets", "kind", "ts_precision", "authorship", "veracity", "origin"),
    ),
    "events": (
        ("event_key", "utc_time", "time_precision", "asset", "title", "channel"),
        ("label", "retraction_utc_time", "price_move", "include_recommended", "veracity", "evidence", "notes",
         "source_urls"),
    ),
}  # fmt: skip
LINK_COLUMNS = ["doc_id", "event_ts", "available_ts", "asset", "confidence", "method"]
PRECISION_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
EVENT_PRECISION_S = {
    "second": 1, "minute": 60, "report-minute": 60, "~5min": 300, "~15min": 900, "~30min": 1800, "hour": 3600,
    "day": 86400,
}  # fmt: skip
_TRACKING = re.compile(r"utm_|fbclid|gclid|mc_[ce]id|ref$|feed$")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True)
class Typed:
    """Rows of an entity from one vendor."""

    entity: Entity
    frame: pl.DataFrame
    source: str
    refused: pl.DataFrame = field(default_factory=no_refusals)


def shape(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of the entities that a page of `table.shape` holds. SourceError for missing or unknown columns."""
    frame = frame.rename({k: v for k, v in table.rename.items() if k in frame.columns})
    frame = frame.with_columns(pl.lit(v).alias(k) for k, v in table.constants.items())
    frame = frame.with_columns(pl.col(pl.List(pl.String)).list.join(","))
    required, optional = COLUMNS[table.shape]
    _check(frame, required, optional, name)
    frame = frame.with_columns(pl.lit(None, pl.String).alias(c) for c in optional if c not in frame.columns)
    yield from {
        "candles": _candles, "supply": _supply, "asset_metrics": _metrics, "funding": _funding,
        "documents": _documents, "events": _events,
    }[table.shape](frame, table, name)  # fmt: skip


def _check(frame: pl.DataFrame, required: tuple[str, ...], optional: tuple[str, ...], name: str) -> None:
    missing = [c for c in required if c not in frame.columns]
    if missing:
        near = difflib.get_close_matches(missing[0], frame.columns, n=1)
        hint = f'; did you mean {near[0]!r}? Say so with rename = {{ {near[0]} = "{missing[0]}" }}' if near else ""
        raise SourceError(f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns) or 'no columns'}{hint}")
    unknown = [c for c in frame.columns if c not in required + optional]
    if unknown:
        raise SourceError(f"{name}: unknown column {', '.join(unknown)}; expected {', '.join(required + optional)}")


def _moment(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    """The column as UTC moments, unreadable ones null. SourceError where times have no zone or are no times."""
    dtype = frame.schema[column]
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is None:
            raise SourceError(
                f"{name}: {column} has no time zone, so its moments are unknown; write UTC times with zone"
            )
        return pl.col(column).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if isinstance(dtype, pl.String):
        zoned = frame[column].drop_nulls().str.strip_chars()
        naive = zoned.filter(zoned.str.contains(r"\d{2}:\d{2}") & ~zoned.str.contains(_ZONE.pattern))
        if len(naive):
            raise SourceError(
                f"{name}: {column} has times without a zone ({naive[0]!r}); write UTC as 2024-01-01T00:00:00Z"
            )
        text = pl.col(column).str.strip_chars().str.replace(r"Z$", "+00:00").str.replace(" ", "T")
        text = text.str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
        return pl.coalesce(
            text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False),
            text.str.to_datetime("%Y-%m-%dT%H:%M%:z", time_unit="us", strict=False),
        )
    raise SourceError(
        f"{name}: {column} is {dtype}, expected times in UTC (a datetime or text like 2024-01-01T00:00:00Z)"
    )


def _day_end(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    """End of the UTC day that the column names."""
    dtype = frame.schema[column]
    if isinstance(dtype, pl.Date):
        day = pl.col(column)
    elif isinstance(dtype, pl.String):
        day = pl.col(column).str.to_date("%Y-%m-%d", strict=False)
    else:
        raise SourceError(f"{name}: {column} is {dtype}, expected a date (2024-01-31)")
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(days=1)


def _keep(typed: pl.Expr, column: str, frame: pl.DataFrame) -> pl.Expr:
    """The parsed moment, or the text itself where it could not be read, so that quarantine shows it."""
    if not isinstance(frame.schema[column], pl.String):
        return typed
    return pl.coalesce(typed.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"), pl.col(column))


def _candles(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    opened = _moment(frame, "ts", name)
    seconds = pl.col("timeframe").replace_strict(TIMEFRAMES, default=None, return_dtype=pl.Int64)
    pair = pl.col("symbol").str.splitn(":", 2).struct.field("field_0").str.splitn("/", 2)
    yield Typed(
        CANDLES,
        frame.select(
            "exchange", "symbol", "timeframe", event_ts=_keep(opened, "ts", frame),
            available_ts=(opened + pl.duration(seconds=seconds)).fill_null(opened),
            asset=pair.struct.field("field_0"), quote=pair.struct.field("field_1"),
            open_quote="open", high_quote="high", low_quote="low", close_quote="close", volume_base="volume",
        ),
        f"files:{name}",
    )  # fmt: skip


def _funding(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    settled = _moment(frame, "ts", name)
    base = pl.col("symbol").str.splitn("/", 2).struct.field("field_0").str.replace(r"^1000", "")
    shaped = frame.select(
        "exchange", "symbol", "funding_rate", asset=base, event_ts=_keep(settled, "ts", frame), available_ts=settled,
    )  # fmt: skip
    yield Typed(FUNDING, shaped, f"files:{name}")


def _by_vendor(frame: pl.DataFrame, name: str) -> Iterator[tuple[str, pl.DataFrame]]:
    named = frame.with_columns(pl.col("source").fill_null(f"files:{name}"))
    for (vendor,), part in named.group_by("source", maintain_order=True):
        yield str(vendor), part.drop("source")


def _supply(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    end = _day_end(frame, "date", name)
    shaped = frame.select(
        "source", coin="asset", chain=pl.col("chain").fill_null("all"), event_ts=end,
        available_ts=end + timedelta(hours=table.lag_h),
        supply_units="supply", price_usd="price_usd", market_cap_usd="market_cap_usd",
    )  # fmt: skip
    for vendor, part in _by_vendor(shaped, name):
        yield Typed(SUPPLY, part, vendor)


def _metrics(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    end = _day_end(frame, "date", name)
    wide = frame.select(
        "source", "asset", "price_usd", "market_cap_usd", event_ts=end,
        available_ts=end + timedelta(hours=table.lag_h), supply_units="supply",
    )  # fmt: skip
    long = wide.unpivot(
        ["price_usd", "market_cap_usd", "supply_units"],
        index=["source", "asset", "event_ts", "available_ts"],
        variable_name="metric",
    ).filter(pl.col("value").is_not_null())
    for vendor, part in _by_vendor(long, name):
        yield Typed(ASSET_METRICS, part.sort("asset", "metric", "event_ts"), vendor)


def canonical_url(url: str) -> str:
    """The address without scheme, `www.`, tracking parameters, fragment and trailing slash, host in lower case."""
    parts = urlsplit(url.strip())
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    query = "?" + urlencode(sorted(kept)) if kept else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def document_id(url: str, guid: str) -> str:
    """Hash of the canonical address, else of `guid`."""
    try:
        key = canonical_url(url) if url else ""
    except ValueError:  # an address that urlsplit cannot read identifies nothing
        key = ""
    return hashlib.sha256((key or guid).encode()).hexdigest()[:16]


def _documents(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    published = _moment(frame, "published_at", name)
    precision = pl.col("ts_precision").fill_null("second")
    seconds = precision.replace_strict(PRECISION_S, default=PRECISION_S["day"], return_dtype=pl.Int64)
    text = {c: pl.col(c).cast(pl.String).fill_null("") for c in ("title", "body", "url", "source", "id")}
    ids = frame.select(
        url=text["url"], guid=text["source"] + "|" + pl.coalesce(pl.col("id").cast(pl.String), text["title"])
    )
    docs = (
        frame.with_columns(
            doc_id=pl.Series([document_id(u, g) for u, g in ids.iter_rows()], dtype=pl.String),
            event_ts=_floor(published, precision), ts_precision=precision,
        )
        .with_columns(
            available_ts=pl.col("event_ts") + pl.duration(seconds=seconds),
            is_late_stamp=pl.lit(False), availability_assumed=pl.lit(True), publisher=text["source"],
            kind=pl.col("kind").fill_null("news"), title=text["title"], body=text["body"],
            authorship=pl.col("authorship").fill_null("unknown"), veracity=pl.col("veracity").fill_null("unknown"),
            is_recommended=pl.lit(True),
        )
        .with_columns(*_evidence(), release_group())
    )  # fmt: skip
    yield Typed(DOCUMENTS, docs.select(_document_columns(docs)), f"files:{name}")
    docs = docs.with_columns(assets=pl.col("assets").cast(pl.String).fill_null(""))
    given = _links(docs, "given by the source", 0.6)
    yield Typed(DOCUMENT_ASSETS, pl.concat([given, linked(docs.filter(pl.col("assets") == ""))]), f"files:{name}")


def _floor(moment: pl.Expr, precision: pl.Expr) -> pl.Expr:
    return (
        pl.when(precision == "day").then(moment.dt.truncate("1d"))
        .when(precision == "hour").then(moment.dt.truncate("1h"))
        .when(precision == "minute").then(moment.dt.truncate("1m"))
        .otherwise(moment)
    )  # fmt: skip


def _evidence() -> list[pl.Expr]:
    return [
        pl.when(pl.col(c) == "unknown").then(pl.lit("none")).otherwise(pl.lit("labelled")).alias(f"{c}_evidence")
        for c in ("authorship", "veracity")
    ]


def _document_columns(frame: pl.DataFrame) -> list[str]:
    return [c.name for c in DOCUMENTS.given if c.name in frame.columns]


def _links(docs: pl.DataFrame, method: str, confidence: float) -> pl.DataFrame:
    return (
        docs.select("doc_id", "event_ts", "available_ts", asset=pl.col("assets").fill_null("").str.split(","))
        .explode("asset")
        .with_columns(pl.col("asset").str.strip_chars().str.to_uppercase())
        .filter(pl.col("asset").str.contains(r"^[A-Z0-9]{1,12}$"), pl.col("event_ts").is_not_null())
        .unique(["doc_id", "asset"], maintain_order=True)
        .with_columns(confidence=pl.lit(confidence), method=pl.lit(method))
    )


def linked(docs: pl.DataFrame) -> pl.DataFrame:
    """Links of documents (doc_id, title, body, event_ts, available_ts) to assets, by the table of entities."""
    timed = docs.filter(pl.col("event_ts").is_not_null()).unique("doc_id", keep="last", maintain_order=True)
    found = link(timed.select("doc_id", "title", "body"))
    return found.join(timed.select("doc_id", "event_ts", "available_ts"), on="doc_id").select(LINK_COLUMNS)


def _events(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """A curated table of announcements. A date without a time is a day; a first report's minute is a late stamp."""
    seconds = pl.col("time_precision").replace_strict(EVENT_PRECISION_S, default=86400, return_dtype=pl.Int64)
    label = pl.col("label").fill_null("")
    machine = label.str.contains("machine")
    frame = frame.with_columns(utc_time=_with_time("utc_time"), retraction_utc_time=_with_time("retraction_utc_time"))
    moment, retracted = _moment(frame, "utc_time", name), _moment(frame, "retraction_utc_time", name)
    docs = (
        frame.with_columns(
            doc_id=pl.col("event_key"), event_ts=moment, available_ts=moment + pl.duration(seconds=seconds),
            ts_precision=pl.when(seconds >= 86400).then(pl.lit("day")).when(seconds >= 3600).then(pl.lit("hour"))
            .otherwise(pl.lit("minute")),
            is_late_stamp=pl.col("time_precision").str.starts_with("report"), availability_assumed=pl.lit(True),
            publisher=pl.col("channel").fill_null("unknown"), kind=pl.lit("event"), body=pl.lit(""),
            url=pl.col("source_urls").str.split("|").list.first().str.strip_chars(),
            authorship=pl.when(machine).then(pl.lit("machine")).otherwise(pl.lit("human")),
            veracity=pl.when(label.str.starts_with("none")).then(pl.lit("unknown"))
            .otherwise(pl.col("veracity").fill_null("unknown")),
            event_label=pl.col("label"), retracted_ts=retracted, reported_move=pl.col("price_move"),
            is_recommended=pl.col("include_recommended").fill_null("yes").str.starts_with("yes"),
            assets=pl.col("asset").str.extract(r"^([A-Z0-9]+)", 1),
        )
        .with_columns(*_evidence(), release_group())
    )  # fmt: skip
    yield Typed(DOCUMENTS, docs.select(_document_columns(docs)), f"files:{name}")
    yield Typed(DOCUMENT_ASSETS, _links(docs, "curated", 1.0), f"files:{name}")


def _with_time(column: str) -> pl.Expr:
    """A bare date becomes midnight UTC."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(text + "T00:00Z").otherwise(text)
