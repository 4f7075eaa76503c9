"""What the warehouse has already, as the live sources want to know it before they ask for more."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from domain.timeframes import SECONDS

Span = tuple[int, int]  # first and last open of an unbroken run of bars (ms since 1970)
Asked = list[tuple[int, int, int]]  # spans with nothing in them: first, last, when it was asked (ms since 1970)


@dataclass(frozen=True)
class FeedMemory:
    """What is remembered of a feed: validators of its last answer (None before the first), and all known items."""

    etag: str | None
    last_modified: str | None
    is_first: bool
    items: "dict[str, SeenItem]"


@dataclass(frozen=True)
class SeenItem:
    """An item as it was seen last, when it was seen first, and the assets that it was linked to."""

    feed: str
    item_hash: str
    article: str
    tries: int
    first_seen_ts: datetime
    assets: tuple[str, ...]
    event_ts: datetime | None  # of its first version: the first public time
    ts_precision: str


_SPANS = """
    SELECT min(ms), max(ms) FROM (
        SELECT epoch_ms(event_ts) AS ms, epoch_ms(event_ts) - $step * row_number() OVER (ORDER BY event_ts) AS island
        FROM core.candles WHERE exchange = $exchange AND symbol = $symbol AND timeframe = $timeframe
    ) GROUP BY island ORDER BY 1
"""
_ASKED = """
    SELECT epoch_ms(start_ts), epoch_ms(end_ts), epoch_ms(asked_ts) FROM ops.asked_ranges
    WHERE exchange = $exchange AND symbol = $symbol AND timeframe = $timeframe ORDER BY 1
"""


def bars(con: duckdb.DuckDBPyConnection, exchange: str, symbol: str, timeframe: str) -> tuple[list[Span], Asked]:
    """Unbroken runs of stored bars, and spans that were requested without result (ms since 1970)."""
    which = {"exchange": exchange, "symbol": symbol, "timeframe": timeframe}
    step = SECONDS[timeframe] * 1000
    return con.execute(_SPANS, which | {"step": step}).fetchall(), con.execute(_ASKED, which).fetchall()


def newest_funding(con: duckdb.DuckDBPyConnection, exchange: str, symbol: str) -> int | None:
    """The newest stored settlement (ms since 1970), None where there is none."""
    return con.execute(
        "SELECT epoch_ms(max(event_ts)) FROM core.funding WHERE exchange = $1 AND symbol = $2", [exchange, symbol]
    ).fetchall()[0][0]


def newest_metric(con: duckdb.DuckDBPyConnection, source: str, asset: str) -> datetime | None:
    """The end of the newest day that all of a vendor's figures of an asset reach: some lag behind others."""
    return con.execute(
        "SELECT min(newest) FROM (SELECT max(event_ts) AS newest FROM core.asset_metrics "
        "WHERE source = $1 AND asset = $2 GROUP BY metric)",
        [source, asset],
    ).fetchall()[0][0]


def covered_since(con: duckdb.DuckDBPyConnection, source: str, subject: str) -> datetime | None:
    """From when on a history was asked for already, None where it never was."""
    return con.execute(
        "SELECT min(since_ts) FROM ops.covered WHERE asked_of = $1 AND subject = $2", [source, subject]
    ).fetchall()[0][0]


def archive_files(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, int]]:
    """Files of an archive that were read, with their checksums and numbers of rows."""
    rows = con.execute("SELECT file_name, checksum, n_rows FROM ops.archive_files").fetchall()
    return {name: (checksum, n_rows) for name, checksum, n_rows in rows}


def seen_items(con: duckdb.DuckDBPyConnection) -> dict[str, SeenItem]:
    """Every item that any feed has shown, by doc_id."""
    rows = con.execute(
        """
        SELECT i.doc_id, i.feed, i.item_hash, i.article, i.tries, i.first_seen_ts, l.assets, d.event_ts, d.ts_precision
        FROM ops.feed_items i LEFT JOIN (
            SELECT doc_id, list(asset ORDER BY asset) AS assets FROM core.document_assets
            WHERE confidence > 0 GROUP BY doc_id
        ) l USING (doc_id)
        LEFT JOIN core.documents d USING (doc_id)
        """
    ).fetchall()
    return {
        doc_id: SeenItem(feed, item_hash, article, tries, first_seen, tuple(assets or ()), event_ts, precision or "day")
        for doc_id, feed, item_hash, article, tries, first_seen, assets, event_ts, precision in rows
    }


def feed_memory(con: duckdb.DuckDBPyConnection, feed: str, items: dict[str, SeenItem]) -> FeedMemory:
    """The memory of one feed."""
    state = con.execute("SELECT etag, last_modified FROM ops.feed_states WHERE feed = $1", [feed]).fetchall()
    etag, modified = state[0] if state else (None, None)
    return FeedMemory(etag, modified, not state, items)
