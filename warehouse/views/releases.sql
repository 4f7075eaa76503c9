CREATE OR REPLACE VIEW marts.releases AS
SELECT d.doc_id, d.event_ts, d.available_ts, d.ts_precision, d.is_late_stamp, d.availability_assumed,
       d.first_seen_ts, d.publisher, d.kind, d.title, d.body,
       d.url, coalesce(l.authorship, d.authorship) AS authorship,
       CASE WHEN l.authorship IS NULL THEN d.authorship_evidence ELSE 'desk' END AS authorship_evidence,
       coalesce(l.veracity, d.veracity) AS veracity,
       CASE WHEN l.veracity IS NULL THEN d.veracity_evidence ELSE 'desk' END AS veracity_evidence,
       CASE WHEN l.doc_id IS NULL THEN d.release_group
            WHEN coalesce(l.veracity, d.veracity) = 'false' THEN 'fabricated'
            WHEN coalesce(l.authorship, d.authorship) = 'machine' THEN 'generated'
            WHEN coalesce(l.authorship, d.authorship) = 'human' AND coalesce(l.veracity, d.veracity) = 'true' THEN 'real'
            ELSE 'unlabelled' END AS release_group, d.event_label,
       d.is_recommended, d.retracted_ts, d.reported_move, a.assets, m.machine_probability, m.threshold AS machine_threshold, m.verdict AS machine_verdict,
       m.striking AS machine_striking, n.novelty, n.nearest_doc_id, n.nearest_similarity, d.source, d.is_simulated
FROM core.documents_as_of(
    coalesce((SELECT as_of_ts FROM ops.runs ORDER BY started_ts DESC, run_id DESC LIMIT 1), 'infinity'::TIMESTAMPTZ)
) d
LEFT JOIN core.document_labels l USING (doc_id)
LEFT JOIN (SELECT doc_id, string_agg(asset, ', ' ORDER BY asset) AS assets FROM core.document_assets WHERE confidence > 0 GROUP BY doc_id) a
  USING (doc_id)
LEFT JOIN (SELECT * FROM features.document_authorship QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY ingested_ts DESC, detector) = 1) m
  USING (doc_id)
LEFT JOIN features.document_novelty n USING (doc_id);
COMMENT ON VIEW marts.releases IS 'Releases, news and announcements with their assets and groups';
COMMENT ON COLUMN marts.releases.doc_id IS 'Document';
COMMENT ON COLUMN marts.releases.event_ts IS 'Publication (UTC)';
COMMENT ON COLUMN marts.releases.available_ts IS 'Latest moment that its precision allows (UTC)';
COMMENT ON COLUMN marts.releases.ts_precision IS 'second, minute, hour or day';
COMMENT ON COLUMN marts.releases.is_late_stamp IS 'True where the time is of the first report';
COMMENT ON COLUMN marts.releases.availability_assumed IS 'True where nobody saw it arrive: its availability is assumed from its stamp';
COMMENT ON COLUMN marts.releases.first_seen_ts IS 'When a live source saw it first (UTC)';
COMMENT ON COLUMN marts.releases.publisher IS 'Newsroom, wire or channel';
COMMENT ON COLUMN marts.releases.kind IS 'press_release, news, exchange_announcement or event';
COMMENT ON COLUMN marts.releases.title IS 'Headline';
COMMENT ON COLUMN marts.releases.body IS 'Text';
COMMENT ON COLUMN marts.releases.url IS 'Address as published';
COMMENT ON COLUMN marts.releases.authorship IS 'human, machine or unknown';
COMMENT ON COLUMN marts.releases.authorship_evidence IS 'How it is known';
COMMENT ON COLUMN marts.releases.veracity IS 'true, false or unknown';
COMMENT ON COLUMN marts.releases.veracity_evidence IS 'How it is known';
COMMENT ON COLUMN marts.releases.release_group IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN marts.releases.event_label IS 'Kind of event';
COMMENT ON COLUMN marts.releases.is_recommended IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN marts.releases.retracted_ts IS 'When it was retracted (UTC)';
COMMENT ON COLUMN marts.releases.reported_move IS 'Move as contemporaries reported it';
COMMENT ON COLUMN marts.releases.assets IS 'Assets it speaks of';
COMMENT ON COLUMN marts.releases.machine_probability IS 'Probability of machine authorship by the newest detector; null: not judged, or too short. Machine-written is not false';
COMMENT ON COLUMN marts.releases.machine_threshold IS 'Probability from which a text is flagged: 1 % of human texts exceed it';
COMMENT ON COLUMN marts.releases.machine_verdict IS 'flagged, not flagged, or too short to tell; null: not judged (simulated prose never is)';
COMMENT ON COLUMN marts.releases.machine_striking IS 'JSON of the stretches of the text that were too likely: words and deviations';
COMMENT ON COLUMN marts.releases.novelty IS '1 − highest cosine similarity to a document of the past week';
COMMENT ON COLUMN marts.releases.nearest_doc_id IS 'Document of the week before it that is nearest in meaning';
COMMENT ON COLUMN marts.releases.nearest_similarity IS 'Its cosine similarity, by the sentence model';
COMMENT ON COLUMN marts.releases.source IS 'Source';
COMMENT ON COLUMN marts.releases.is_simulated IS 'True where the row comes from the market simulator or rests on it';
