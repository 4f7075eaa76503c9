-- Alarms: ten near-copies of a text within an hour, or five texts flagged as machine-written within a day, on one asset
-- grain: alarm, asset, event_ts, story_id
-- event_ts: First document of the flood; the document that made the burst one (UTC)
-- alarm: near-copies or machine-written; machine-written is not false
-- n_documents: Documents of the story in its first hour, or flagged documents of the past 24 hours
-- title: Headline of that document
-- story_id: That document (core.documents)
CREATE OR REPLACE VIEW marts.story_alarms AS
WITH copies AS (
    SELECT a.asset, s.first_ts AS event_ts, 'near-copies' AS alarm, s.n_copies_first_hour + 1 AS n_documents, s.title, s.story_id, s.is_simulated
    FROM marts.stories s JOIN core.document_assets a ON a.doc_id = s.story_id AND a.confidence > 0
    WHERE s.is_flood
),
flagged AS (
    SELECT a.asset, d.doc_id, d.available_ts, d.title, m.is_simulated
    FROM features.newest_authorship m
    JOIN core.documents d USING (doc_id)
    JOIN core.document_assets a ON a.doc_id = d.doc_id AND a.confidence > 0
    WHERE m.verdict = 'flagged'
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
