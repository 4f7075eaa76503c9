-- Stories, near-copies of a text counted as one: their beginning, their copies and their pace
-- grain: story_id
-- title: Its headline
-- release_group: Group of the first document: real, generated, fabricated or unlabelled
-- assets: Assets that the first document speaks of
-- first_ts: When the first document became available (UTC)
-- last_ts: When the latest copy became available (UTC)
-- n_copies: Copies, the first document not counted: 0 where it was told once
-- n_copies_first_hour: Copies within an hour of the first document
-- is_flood: True from ten copies within the first hour on: an alarm
-- n_flagged: Of its documents, those that the detector flags as machine-written
-- n_retold: Documents of other stories that are nearest in meaning to one of this story (cosine of .9 and more): told again in other words, within a week
-- n_publishers: Different publishers, the first one's included
CREATE OR REPLACE VIEW marts.stories AS
WITH told AS (
    SELECT s.story_id, s.doc_id, s.available_ts, d.publisher, s.is_simulated, m.verdict = 'flagged' AS is_flagged,
           s.available_ts <= min(s.available_ts) OVER (PARTITION BY s.story_id) + INTERVAL 1 HOUR AS in_first_hour
    FROM features.document_stories s JOIN core.documents d USING (doc_id)
    LEFT JOIN features.newest_authorship m USING (doc_id)
),
retold AS (
    SELECT s.story_id, count(*) AS n_retold
    FROM features.document_novelty v
    JOIN features.document_stories s ON s.doc_id = v.nearest_doc_id
    JOIN features.document_stories o ON o.doc_id = v.doc_id
    WHERE v.nearest_similarity >= 0.9 AND o.story_id <> s.story_id
    GROUP BY s.story_id
)
SELECT t.story_id, f.title, f.kind, f.release_group, a.assets, min(t.available_ts) AS first_ts, max(t.available_ts) AS last_ts,
       count(*) - 1 AS n_copies, count(*) FILTER (t.in_first_hour) - 1 AS n_copies_first_hour,
       n_copies_first_hour >= 10 AS is_flood,
       count(*) FILTER (t.is_flagged) AS n_flagged, coalesce(any_value(r.n_retold), 0) AS n_retold, count(DISTINCT t.publisher) AS n_publishers, bool_or(t.is_simulated) AS is_simulated
FROM told t
JOIN core.labelled_documents f ON f.doc_id = t.story_id
LEFT JOIN retold r ON r.story_id = t.story_id
LEFT JOIN core.document_asset_list a ON a.doc_id = t.story_id
GROUP BY t.story_id, f.title, f.kind, f.release_group, a.assets;
