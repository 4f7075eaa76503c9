-- Live sources: what exchanges, archives and feeds were asked, stablecoins, and when a document was first seen.

CREATE TABLE core.stablecoins_versions (
    "coin" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "vendor_id" VARCHAR,
    "coin_name" VARCHAR,
    "peg_type" VARCHAR,
    "peg_mechanism" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.stablecoins_versions IS 'Stablecoins as a vendor describes them: what they are pegged to, and how';
COMMENT ON COLUMN core.stablecoins_versions."coin" IS 'Ticker of the stablecoin';
COMMENT ON COLUMN core.stablecoins_versions."event_ts" IS 'When the vendor was asked (UTC)';
COMMENT ON COLUMN core.stablecoins_versions."available_ts" IS 'When the vendor was asked (UTC)';
COMMENT ON COLUMN core.stablecoins_versions."vendor_id" IS 'The vendor''s own id';
COMMENT ON COLUMN core.stablecoins_versions."coin_name" IS 'Name';
COMMENT ON COLUMN core.stablecoins_versions."peg_type" IS 'What it is pegged to (peggedUSD …)';
COMMENT ON COLUMN core.stablecoins_versions."peg_mechanism" IS 'fiat-backed, crypto-backed or algorithmic';
COMMENT ON COLUMN core.stablecoins_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.stablecoins_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.stablecoins_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.stablecoins_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.stablecoins_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.stablecoins_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.stablecoins AS SELECT "coin", "event_ts", "available_ts", "vendor_id", "coin_name", "peg_type", "peg_mechanism", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.stablecoins_versions WHERE is_latest;
COMMENT ON VIEW core.stablecoins IS 'Stablecoins as a vendor describes them: what they are pegged to, and how';
COMMENT ON COLUMN core.stablecoins."coin" IS 'Ticker of the stablecoin';
COMMENT ON COLUMN core.stablecoins."event_ts" IS 'When the vendor was asked (UTC)';
COMMENT ON COLUMN core.stablecoins."available_ts" IS 'When the vendor was asked (UTC)';
COMMENT ON COLUMN core.stablecoins."vendor_id" IS 'The vendor''s own id';
COMMENT ON COLUMN core.stablecoins."coin_name" IS 'Name';
COMMENT ON COLUMN core.stablecoins."peg_type" IS 'What it is pegged to (peggedUSD …)';
COMMENT ON COLUMN core.stablecoins."peg_mechanism" IS 'fiat-backed, crypto-backed or algorithmic';
COMMENT ON COLUMN core.stablecoins."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.stablecoins."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.stablecoins."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.stablecoins."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.stablecoins."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE ops.asked_ranges (
    "exchange" VARCHAR,
    "symbol" VARCHAR,
    "timeframe" VARCHAR,
    "start_ts" TIMESTAMPTZ,
    "end_ts" TIMESTAMPTZ,
    "asked_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE ops.asked_ranges IS 'Spans of bars that an exchange was asked for and had nothing in: asked again ever more rarely';
COMMENT ON COLUMN ops.asked_ranges."exchange" IS 'Exchange, by its ccxt id';
COMMENT ON COLUMN ops.asked_ranges."symbol" IS 'Market, by its ccxt unified symbol';
COMMENT ON COLUMN ops.asked_ranges."timeframe" IS 'Length of the bar';
COMMENT ON COLUMN ops.asked_ranges."start_ts" IS 'Open of the first bar of the span (UTC)';
COMMENT ON COLUMN ops.asked_ranges."end_ts" IS 'Open of the last bar of the span (UTC)';
COMMENT ON COLUMN ops.asked_ranges."asked_ts" IS 'When it was asked for last, by the exchange''s clock (UTC)';
COMMENT ON COLUMN ops.asked_ranges."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN ops.asked_ranges."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN ops.asked_ranges."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN ops.asked_ranges."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE ops.covered (
    "asked_of" VARCHAR,
    "subject" VARCHAR,
    "since_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE ops.covered IS 'From when on a history without a grid (funding, daily figures) was asked for: an earlier wish starts there anew';
COMMENT ON COLUMN ops.covered."asked_of" IS 'Source that was asked';
COMMENT ON COLUMN ops.covered."subject" IS 'Symbol or asset';
COMMENT ON COLUMN ops.covered."since_ts" IS 'Beginning of the history that was asked for (UTC)';
COMMENT ON COLUMN ops.covered."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN ops.covered."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN ops.covered."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN ops.covered."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE ops.archive_files (
    "file_name" VARCHAR,
    "checksum" VARCHAR,
    "n_rows" BIGINT,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE ops.archive_files IS 'Files of an archive that were read, by their checksum';
COMMENT ON COLUMN ops.archive_files."file_name" IS 'Path of the file inside the archive';
COMMENT ON COLUMN ops.archive_files."checksum" IS 'SHA-256 that the archive gives; ''absent'' for an old file that is not there';
COMMENT ON COLUMN ops.archive_files."n_rows" IS 'Rows that it held';
COMMENT ON COLUMN ops.archive_files."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN ops.archive_files."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN ops.archive_files."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN ops.archive_files."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE ops.feed_states (
    "feed" VARCHAR,
    "etag" VARCHAR,
    "last_modified" VARCHAR,
    "polled_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE ops.feed_states IS 'What a feed said when it was read last: its validators for conditional requests';
COMMENT ON COLUMN ops.feed_states."feed" IS 'Name of the feed';
COMMENT ON COLUMN ops.feed_states."etag" IS 'ETag of its last answer';
COMMENT ON COLUMN ops.feed_states."last_modified" IS 'Last-Modified of its last answer';
COMMENT ON COLUMN ops.feed_states."polled_ts" IS 'When it was read last (UTC)';
COMMENT ON COLUMN ops.feed_states."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN ops.feed_states."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN ops.feed_states."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN ops.feed_states."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE ops.feed_items (
    "doc_id" VARCHAR,
    "feed" VARCHAR,
    "item_hash" VARCHAR,
    "first_seen_ts" TIMESTAMPTZ,
    "article" VARCHAR,
    "tries" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE ops.feed_items IS 'Items that feeds have shown: which feed brought a document, what it said, how its page was read';
COMMENT ON COLUMN ops.feed_items."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN ops.feed_items."feed" IS 'Feed that showed it first: only that feed revises it';
COMMENT ON COLUMN ops.feed_items."item_hash" IS 'Hash of the item as the feed gives it';
COMMENT ON COLUMN ops.feed_items."first_seen_ts" IS 'When it was seen first (UTC)';
COMMENT ON COLUMN ops.feed_items."article" IS 'full (page read), feed (text of the feed), disallowed, failed, later, edited (its page is awaited)';
COMMENT ON COLUMN ops.feed_items."tries" IS 'How often the page was tried';
COMMENT ON COLUMN ops.feed_items."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN ops.feed_items."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN ops.feed_items."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN ops.feed_items."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

ALTER TABLE core.documents_versions RENAME TO documents_before_0003;
CREATE TABLE core.documents_versions (
    "doc_id" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "ts_precision" VARCHAR,
    "is_late_stamp" BOOLEAN,
    "availability_assumed" BOOLEAN,
    "first_seen_ts" TIMESTAMPTZ,
    "publisher" VARCHAR,
    "kind" VARCHAR,
    "title" VARCHAR,
    "body" VARCHAR,
    "url" VARCHAR,
    "authorship" VARCHAR,
    "authorship_evidence" VARCHAR,
    "veracity" VARCHAR,
    "veracity_evidence" VARCHAR,
    "release_group" VARCHAR,
    "event_label" VARCHAR,
    "is_recommended" BOOLEAN,
    "retracted_ts" TIMESTAMPTZ,
    "reported_move" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
INSERT INTO core.documents_versions BY NAME FROM core.documents_before_0003;
DROP TABLE core.documents_before_0003;
COMMENT ON TABLE core.documents_versions IS 'News, press releases and announcements; a version per revision of the text or its labels';
COMMENT ON COLUMN core.documents_versions."doc_id" IS 'Hash of the canonical URL, else of publisher and guid';
COMMENT ON COLUMN core.documents_versions."event_ts" IS 'Publication (UTC), start of what its precision allows';
COMMENT ON COLUMN core.documents_versions."available_ts" IS 'Latest moment that the precision of the publication time allows (UTC)';
COMMENT ON COLUMN core.documents_versions."ts_precision" IS 'second, minute, hour or day';
COMMENT ON COLUMN core.documents_versions."is_late_stamp" IS 'True where the time is of the first report, not the announcement';
COMMENT ON COLUMN core.documents_versions."availability_assumed" IS 'True for back-filled documents that nobody saw arrive';
COMMENT ON COLUMN core.documents_versions."first_seen_ts" IS 'When a live source saw it first (UTC); null where none did';
COMMENT ON COLUMN core.documents_versions."publisher" IS 'Newsroom, wire or channel';
COMMENT ON COLUMN core.documents_versions."kind" IS 'press_release, news, exchange_announcement or event';
COMMENT ON COLUMN core.documents_versions."title" IS 'Headline';
COMMENT ON COLUMN core.documents_versions."body" IS 'Text, reduced from HTML; empty where only the headline is known';
COMMENT ON COLUMN core.documents_versions."url" IS 'Address as published';
COMMENT ON COLUMN core.documents_versions."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.documents_versions."authorship_evidence" IS 'How authorship is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents_versions."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.documents_versions."veracity_evidence" IS 'How veracity is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents_versions."release_group" IS 'real, generated, fabricated or unlabelled, by one rule';
COMMENT ON COLUMN core.documents_versions."event_label" IS 'What kind of event a curated table calls it';
COMMENT ON COLUMN core.documents_versions."is_recommended" IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN core.documents_versions."retracted_ts" IS 'When it was retracted or denied (UTC)';
COMMENT ON COLUMN core.documents_versions."reported_move" IS 'Price move as contemporaries reported it';
COMMENT ON COLUMN core.documents_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.documents_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.documents_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.documents_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.documents_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.documents_versions."is_latest" IS 'True for the newest version of the key';
CREATE OR REPLACE VIEW core.documents AS SELECT "doc_id", "event_ts", "available_ts", "ts_precision", "is_late_stamp", "availability_assumed", "first_seen_ts", "publisher", "kind", "title", "body", "url", "authorship", "authorship_evidence", "veracity", "veracity_evidence", "release_group", "event_label", "is_recommended", "retracted_ts", "reported_move", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.documents_versions WHERE is_latest;
COMMENT ON VIEW core.documents IS 'News, press releases and announcements; a version per revision of the text or its labels';
COMMENT ON COLUMN core.documents."doc_id" IS 'Hash of the canonical URL, else of publisher and guid';
COMMENT ON COLUMN core.documents."event_ts" IS 'Publication (UTC), start of what its precision allows';
COMMENT ON COLUMN core.documents."available_ts" IS 'Latest moment that the precision of the publication time allows (UTC)';
COMMENT ON COLUMN core.documents."ts_precision" IS 'second, minute, hour or day';
COMMENT ON COLUMN core.documents."is_late_stamp" IS 'True where the time is of the first report, not the announcement';
COMMENT ON COLUMN core.documents."availability_assumed" IS 'True for back-filled documents that nobody saw arrive';
COMMENT ON COLUMN core.documents."first_seen_ts" IS 'When a live source saw it first (UTC); null where none did';
COMMENT ON COLUMN core.documents."publisher" IS 'Newsroom, wire or channel';
COMMENT ON COLUMN core.documents."kind" IS 'press_release, news, exchange_announcement or event';
COMMENT ON COLUMN core.documents."title" IS 'Headline';
COMMENT ON COLUMN core.documents."body" IS 'Text, reduced from HTML; empty where only the headline is known';
COMMENT ON COLUMN core.documents."url" IS 'Address as published';
COMMENT ON COLUMN core.documents."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.documents."authorship_evidence" IS 'How authorship is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.documents."veracity_evidence" IS 'How veracity is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents."release_group" IS 'real, generated, fabricated or unlabelled, by one rule';
COMMENT ON COLUMN core.documents."event_label" IS 'What kind of event a curated table calls it';
COMMENT ON COLUMN core.documents."is_recommended" IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN core.documents."retracted_ts" IS 'When it was retracted or denied (UTC)';
COMMENT ON COLUMN core.documents."reported_move" IS 'Price move as contemporaries reported it';
COMMENT ON COLUMN core.documents."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.documents."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.documents."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.documents."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.documents."version" IS '1 for the first version of the key, one more for each revision';

COMMENT ON COLUMN core.document_assets_versions."method" IS 'given by the source, curated, linked by the table of entities, withdrawn by an edit (0), or simulated';
COMMENT ON COLUMN core.document_assets."method" IS 'given by the source, curated, linked by the table of entities, withdrawn by an edit (0), or simulated';
