"""What sources were asked for and what they said."""

from warehouse.schema.columns import DOC_ID, EXCHANGE, SYMBOL
from warehouse.schema.entity import TS, Column, Entity

ASKED_RANGES = Entity(
    "asked_ranges",
    "ops",
    "Spans of bars that an exchange was asked for and had nothing in: asked again ever more rarely",
    ("exchange", "symbol", "timeframe", "start_ts"),
    (
        EXCHANGE,
        SYMBOL,
        Column("timeframe", "VARCHAR", "Length of the bar"),
        Column("start_ts", TS, "Open of the first bar of the span (UTC)"),
        Column("end_ts", TS, "Open of the last bar of the span (UTC)"),
        Column("asked_ts", TS, "When it was asked for last, by the exchange's clock (UTC)"),
    ),
    kind="kept",
)

COVERED = Entity(
    "covered",
    "ops",
    "From when on a history without a grid (funding, daily figures) was asked for: an earlier wish starts there anew",
    ("asked_of", "subject"),
    (
        Column("asked_of", "VARCHAR", "Source that was asked"),
        Column("subject", "VARCHAR", "Symbol or asset"),
        Column("since_ts", TS, "Beginning of the history that was asked for (UTC)"),
    ),
    kind="kept",
)

ARCHIVE_FILES = Entity(
    "archive_files",
    "ops",
    "Files of an archive that were read, by their checksum",
    ("file_name",),
    (
        Column("file_name", "VARCHAR", "Path of the file inside the archive"),
        Column("checksum", "VARCHAR", "SHA-256 that the archive gives; 'absent' for an old file that is not there"),
        Column("n_rows", "BIGINT", "Rows that it held"),
    ),
    kind="kept",
)

FEED_STATES = Entity(
    "feed_states",
    "ops",
    "What a feed said when it was read last: its validators for conditional requests",
    ("feed",),
    (
        Column("feed", "VARCHAR", "Name of the feed"),
        Column("etag", "VARCHAR", "ETag of its last answer", required=False),
        Column("last_modified", "VARCHAR", "Last-Modified of its last answer", required=False),
        Column("polled_ts", TS, "When it was read last (UTC)"),
    ),
    kind="kept",
)

FEED_ITEMS = Entity(
    "feed_items",
    "ops",
    "Items that feeds have shown: which feed brought a document, what it said, how its page was read",
    ("doc_id",),
    (
        DOC_ID,
        Column("feed", "VARCHAR", "Feed that showed it first: only that feed revises it"),
        Column("item_hash", "VARCHAR", "Hash of the item as the feed gives it"),
        Column("first_seen_ts", TS, "When it was seen first (UTC)", frozen=True),
        Column(
            "article",
            "VARCHAR",
            "full (page read), feed (text of the feed), disallowed, failed, later, edited (its page is awaited)",
        ),
        Column("tries", "INTEGER", "How often the page was tried"),
    ),
    kind="kept",
)
