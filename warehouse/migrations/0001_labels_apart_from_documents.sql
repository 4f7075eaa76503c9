-- What a curated table says of a release in hindsight (labels, retraction, reported move) leaves core.documents, where it
-- stood from the hour of the release on, for core.source_labels, which is available from the retraction on, else from when
-- the row was written. The releases themselves, whose headlines are a curator's words, come back as they were published
-- when the next night reads their table; until then only their labels, with those words, are there.
CREATE TABLE core.source_labels_versions (
    doc_id VARCHAR, event_ts TIMESTAMPTZ, available_ts TIMESTAMPTZ, authorship VARCHAR, veracity VARCHAR,
    event_label VARCHAR, is_recommended BOOLEAN, retracted_ts TIMESTAMPTZ, reported_move VARCHAR,
    curator_title VARCHAR, curator_channel VARCHAR, report_url VARCHAR,
    source VARCHAR, is_simulated BOOLEAN, run_id VARCHAR, ingested_ts TIMESTAMPTZ, version INTEGER, is_latest BOOLEAN
);
INSERT INTO core.source_labels_versions BY NAME
SELECT doc_id, event_ts, greatest(available_ts, coalesce(retracted_ts, ingested_ts)) AS available_ts,
       CASE WHEN kind = 'event' THEN authorship END AS authorship, CASE WHEN kind = 'event' THEN veracity END AS veracity,
       event_label, is_recommended, retracted_ts, reported_move,
       CASE WHEN kind = 'event' THEN title END AS curator_title,
       CASE WHEN kind = 'event' THEN publisher END AS curator_channel,
       CASE WHEN kind = 'event' THEN url END AS report_url,
       source, is_simulated, run_id, ingested_ts, 1 AS version, true AS is_latest
FROM core.documents_versions
WHERE is_latest AND (kind = 'event' OR event_label IS NOT NULL OR retracted_ts IS NOT NULL OR reported_move IS NOT NULL
                     OR NOT is_recommended);
DELETE FROM core.documents_versions WHERE kind = 'event';
DROP VIEW IF EXISTS core.documents;
ALTER TABLE core.documents_versions DROP COLUMN event_label;
ALTER TABLE core.documents_versions DROP COLUMN is_recommended;
ALTER TABLE core.documents_versions DROP COLUMN retracted_ts;
ALTER TABLE core.documents_versions DROP COLUMN reported_move;
