"""What sources were asked for and said, and what tapewire writes about itself: runs, stages, writes, checks."""

from warehouse.schema.entity import DOC_ID, EXCHANGE, SYMBOL, TS, Column, Entity

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
    "From when on a history without a grid (funding, daily figures) was asked for: an earlier request starts it anew",
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

# What tapewire writes about itself.

RUN_ID = Column("run_id", "VARCHAR", "Run (ops.runs)")
AS_OF_TS = Column("as_of_ts", TS, "Moment that the run looked from (UTC)")

PAGES = Entity(
    "pages",
    "raw",
    "Pages as received, append-only: small ones with their bytes, large ones by hash and locator",
    ("page_hash", "source", "locator"),
    (
        Column("page_hash", "VARCHAR", "SHA-256 of the page"),
        Column("source", "VARCHAR", "Source that delivered it"),
        Column("locator", "VARCHAR", "Where it came from: file, address, page"),
        Column("n_rows", "BIGINT", "Rows that it held"),
        Column("n_bytes", "BIGINT", "Its size (bytes)"),
        Column("payload", "BLOB", "The page itself; null for a large one"),
        Column("received_ts", TS, "When it was received (wall clock, UTC)"),
        RUN_ID,
    ),
    kind="log",
)

RUNS = Entity(
    "runs",
    "ops",
    "Runs of flows and commands",
    ("run_id",),
    (
        Column("run_id", "VARCHAR", "Moment of the start and a random token"),
        Column("flow", "VARCHAR", "Flow or command"),
        Column("profile", "VARCHAR", "Profile that it ran with"),
        AS_OF_TS,
        Column("started_ts", TS, "When it started (wall clock, UTC)"),
        Column("finished_ts", TS, "When it ended (wall clock, UTC); null while it runs, or where it was killed"),
        Column("status", "VARCHAR", "running, complete, complete with a source missing, or failed"),
        Column("exit_code", "INTEGER", "0 complete, 1 failed, 3 with a source or an input missing"),
        Column("code_fingerprint", "VARCHAR", "Hash of every source file that results depend on"),
        Column("settings", "VARCHAR", "JSON of every setting needed to run it again, secrets masked"),
        Column("is_simulated", "BOOLEAN", "True where the profile's market is simulated"),
    ),
    kind="log",
)

STAGES = Entity(
    "stages",
    "ops",
    "Stages that were done, by the fingerprint of inputs, settings and code",
    ("stage", "run_id"),
    (
        Column("stage", "VARCHAR", "Stage of the night"),
        Column("fingerprint", "VARCHAR", "Hash of what its result depends on"),
        RUN_ID,
        Column("finished_ts", TS, "When it was done (wall clock, UTC)"),
        Column("seconds", "DOUBLE", "How long it took (s)"),
        Column("note", "VARCHAR", "Rows new, changed and removed per table"),
    ),
    kind="log",
)

WRITES = Entity(
    "writes",
    "ops",
    "What each write did: lineage from run and source to table",
    ("run_id", "entity", "source", "written_ts"),
    (
        RUN_ID,
        Column("entity", "VARCHAR", "Table that was written"),
        Column("source", "VARCHAR", "Source of the rows"),
        Column("n_new", "BIGINT", "Rows with a new key"),
        Column("n_changed", "BIGINT", "Rows with another value than before"),
        Column("n_unchanged", "BIGINT", "Rows that were there already"),
        Column("n_removed", "BIGINT", "Rows of a derived table that are no longer computed"),
        Column("n_quarantined", "BIGINT", "Rows that were refused"),
        Column("written_ts", TS, "Moment of the run that wrote (wall clock, UTC)"),
    ),
    kind="log",
)

QUARANTINE = Entity(
    "quarantine",
    "ops",
    "Rows that were refused, with the reason and the row as received",
    ("entity", "payload_hash", "reason", "locator"),
    (
        Column("entity", "VARCHAR", "Table that the row was meant for"),
        Column("source", "VARCHAR", "Source that delivered it"),
        Column("locator", "VARCHAR", "Where it came from: file, address, page"),
        Column("reason", "VARCHAR", "Why it was refused"),
        Column("payload", "VARCHAR", "The row as received (JSON)"),
        Column("payload_hash", "VARCHAR", "Hash of the payload"),
        RUN_ID,
        Column("quarantined_ts", TS, "When it was refused (wall clock, UTC)"),
        Column("is_simulated", "BOOLEAN", "True where the row comes from the market simulator"),
    ),
    kind="log",
)

SOURCE_STATUS = Entity(
    "source_status",
    "ops",
    "Whether each source delivered, and why not",
    ("run_id", "source"),
    (
        RUN_ID,
        Column("source", "VARCHAR", "Source, or part of it: a file, a symbol, a coin, a feed"),
        Column("delivered", "BOOLEAN", "True where it delivered all that it was asked for"),
        Column("n_rows", "BIGINT", "Rows that it delivered"),
        Column("reason", "VARCHAR", "Why it did not deliver; null where it did"),
        Column("seconds", "DOUBLE", "How long it took (s)"),
        Column("checked_ts", TS, "When the run asked it (wall clock, UTC)"),
    ),
    kind="log",
)

SOURCE_ROWS = Entity(
    "source_rows",
    "ops",
    "What became of every row that a source gave: rows read = new + changed + unchanged + quarantined + left out",
    ("run_id", "source", "entity"),
    (
        RUN_ID,
        Column("source", "VARCHAR", "Source, or part of it: a file, a symbol, a coin, a feed"),
        Column("entity", "VARCHAR", "Table of core that its rows are for"),
        Column("n_read", "BIGINT", "Rows that the source gave, counted as they came"),
        Column("n_new", "BIGINT", "Rows that were new"),
        Column("n_changed", "BIGINT", "Rows that changed one that was stored"),
        Column("n_unchanged", "BIGINT", "Rows that were stored already, or came twice"),
        Column("n_quarantined", "BIGINT", "Rows in ops.quarantine, with their reasons"),
        Column("n_left_out", "BIGINT", "Rows that were left out"),
        Column("left_out", "VARCHAR", "Why they were left out, how many for each reason", required=False),
        Column("subjects", "VARCHAR[]", "Symbols, coins or assets that they are about", required=False),
        Column("checked_ts", TS, "When the run read them (wall clock, UTC)"),
    ),
    kind="log",
)

CHECKS = Entity(
    "checks",
    "ops",
    "Findings of the quality checks; a check that found nothing has one row with subject NULL and n_rows 0",
    ("run_id", "check_name", "subject"),
    (
        RUN_ID,
        Column("check_name", "VARCHAR", "Check"),
        Column("entity", "VARCHAR", "Entity that it is about"),
        Column("severity", "VARCHAR", "error, warning or info"),
        Column("subject", "VARCHAR", "What the finding is about; null: nothing was found"),
        Column("n_rows", "BIGINT", "How much was found"),
        Column("detail", "VARCHAR", "What was found"),
        AS_OF_TS,
        Column("checked_ts", TS, "When it was checked (wall clock, UTC)"),
    ),
    kind="log",
)

MIGRATIONS = Entity(
    "migrations",
    "ops",
    "Numbered migrations that were applied, and the declarations that the tables were brought to",
    ("name",),
    (
        Column("name", "VARCHAR", "Name of the file; 'declarations' for the tables, views and macros"),
        Column("checksum", "VARCHAR", "SHA-256 of what was applied"),
        Column("applied_ts", TS, "When (wall clock, UTC)"),
    ),
    kind="log",
)
