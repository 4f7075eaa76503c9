"""From the documented columns of a file to the rows of entities, with `available_ts` by each entity's rule."""

import difflib
from collections.abc import Iterator

import polars as pl

from domain.cells import read_numbers, without_marks
from pipelines.settings.sources import FileTable
from pipelines.sources.errors import SourceError
from pipelines.sources.files.events import event_rows
from pipelines.sources.files.funds import fund_rows
from pipelines.sources.files.market import candle_rows, funding_rows, metric_rows, supply_rows
from pipelines.sources.files.moments import Typed
from pipelines.sources.files.releases import document_rows

COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "candles": (("exchange", "symbol", "timeframe", "ts", "open", "high", "low", "close", "volume"), ()),
    "supply": (("asset", "date"), ("supply", "price_usd", "market_cap_usd", "source", "chain")),
    "asset_metrics": (("asset", "date"), ("price_usd", "market_cap_usd", "supply", "source")),
    "funding": (("exchange", "symbol", "ts", "funding_rate"), ("interval_h", "source")),
    "funds": (("fund", "asset", "date", "share_price_usd", "units_per_share"), ("premium", "source")),
    "documents": (
        ("published_at", "source", "title"),
        ("id", "body", "url", "assets", "kind", "ts_precision", "authorship", "veracity", "origin"),
    ),
    "events": (
        ("event_key", "utc_time", "time_precision", "asset", "title", "channel"),
        (
            "claim",
            "label",
            "retraction_utc_time",
            "price_move",
            "include_recommended",
            "veracity",
            "evidence",
            "notes",
            "source_urls",
        ),
    ),
}

WORDS = ("title", "label", "claim")  # in which "none" is a word
NUMBERS = frozenset(
    {"open", "high", "low", "close", "volume", "supply", "price_usd", "market_cap_usd", "funding_rate", "interval_h",
     "share_price_usd", "units_per_share", "premium"}
)  # fmt: skip


def shape(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of the entities that a page of `table.shape` holds. SourceError for missing or unknown columns."""
    frame = frame.drop(table.leave_out, strict=False)
    frame = frame.rename({k: v for k, v in table.rename.items() if k in frame.columns})
    frame = frame.with_columns(pl.lit(v).alias(k) for k, v in table.constants.items())
    frame = frame.with_columns(pl.col(pl.List(pl.String)).list.join(","))
    required, optional = COLUMNS[table.shape]
    _check(frame, required, optional, name)
    frame = frame.with_columns(pl.lit(None, pl.String).alias(c) for c in optional if c not in frame.columns)
    frame = _typed(frame)
    yield from {
        "candles": candle_rows, "supply": supply_rows, "asset_metrics": metric_rows, "funding": funding_rows,
        "funds": fund_rows, "documents": document_rows, "events": event_rows,
    }[table.shape](frame, table, name)  # fmt: skip


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Missing values as null, and numbers as numbers; the text of one that cannot be read stays, and is quarantined."""
    said = [pl.col(c).str.strip_chars().alias(c) for c in WORDS if c in frame.columns and frame[c].dtype == pl.String]
    frame = without_marks(frame).with_columns(frame.select(said))
    for name in NUMBERS & set(frame.columns):
        read = read_numbers(frame[name])
        unread = read.is_null() & frame[name].is_not_null()
        column = (
            pl.when(unread).then(pl.col(name).cast(pl.String)).otherwise(read.cast(pl.String)) if unread.any() else read
        )
        frame = frame.with_columns(column.alias(name))
    return frame


def _check(frame: pl.DataFrame, required: tuple[str, ...], optional: tuple[str, ...], name: str) -> None:
    missing = [c for c in required if c not in frame.columns]
    if missing:
        near = difflib.get_close_matches(missing[0], frame.columns, n=1)
        hint = f'; did you mean {near[0]!r}? Say so with rename = {{ {near[0]} = "{missing[0]}" }}' if near else ""
        raise SourceError(f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns) or 'no columns'}{hint}")
    unknown = [c for c in frame.columns if c not in required + optional]
    if unknown:
        raise SourceError(
            f"{name}: unknown column {', '.join(unknown)}; expected {', '.join(required + optional)}. "
            "Name it with rename, or leave it unread with leave_out"
        )
