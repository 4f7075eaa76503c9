CREATE OR REPLACE VIEW marts.story_alarms AS
WITH copies AS (
    SELECT a.asset, s.first_ts AS event_ts, 'near-copies' AS alarm, s.n_copies_first_hour + 1 AS n_documents, s.title, s.story_id, s.is_simulated
    FROM marts.stories s JOIN core.document_assets a ON a.doc_id = s.story_id AND a.confidence > 0
    WHERE s.is_flood
),
flagged AS (
    SELECT a.asset, d.doc_id, d.available_ts, d.title, m.is_simulated
    FROM features.document_authorship m
    JOIN core.documents d USING (doc_id)
    JOIN core.document_assets a ON a.doc_id = d.doc_id AND a.confidence > 0
    WHERE m.verdict = 'flagged'
    QUALIFY row_number() OVER (PARTITION BY a.asset, d.doc_id ORDER BY m.ingested_ts DESC, m.detector) = 1
),
bursts AS (
    SELECT asset, available_ts AS event_ts, 'machine-written' AS alarm,
           count(*) OVER (PARTITION BY asset ORDER BY available_ts RANGE BETWEEN INTERVAL 24 HOURS PRECEDING AND CURRENT ROW) AS n_documents,
           title, doc_id AS story_id, is_simulated
    FROM flagged
)
SELECT * FROM copies
UNION ALL
SELECT * FROM bursts WHERE n_documents >= 5;
COMMENT ON VIEW marts.story_alarms IS 'Alarms: ten near-copies of a text within an hour, or five texts flagged as machine-written within a day, on one asset';
COMMENT ON COLUMN marts.story_alarms.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.story_alarms.event_ts IS 'First document of the flood; the document that made the burst one (UTC)';
COMMENT ON COLUMN marts.story_alarms.alarm IS 'near-copies or machine-written; machine-written is not false';
COMMENT ON COLUMN marts.story_alarms.n_documents IS 'Documents of the story in its first hour, or flagged documents of the past 24 hours';
COMMENT ON COLUMN marts.story_alarms.title IS 'Headline of that document';
COMMENT ON COLUMN marts.story_alarms.story_id IS 'That document (core.documents)';
COMMENT ON COLUMN marts.story_alarms.is_simulated IS 'True where the row comes from the market simulator or rests on it';
