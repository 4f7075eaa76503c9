CREATE OR REPLACE VIEW marts.release_scored AS
SELECT s.doc_id, coalesce(d.title, g.title) AS title, s.asset, s.horizon_h, s.event_ts, s.available_ts,
       s.placed_doc_id, s.origin_ts, s.model_id, s.release_group, s.median_text, s.median_none, s.median_walk,
       s.width_text, s.width_none, s.width_walk, s.low_text, s.low_none, s.low_walk, s.realised,
       s.median_text - s.median_none AS median_change, s.width_text / s.width_none - 1 AS width_change,
       s.is_simulated
FROM models.scored s LEFT JOIN core.documents d USING (doc_id)
LEFT JOIN models.generated_releases g ON g.text_id = s.doc_id;
COMMENT ON VIEW marts.release_scored IS 'What the network expects after each release: with its text, with none, and the reference walk';
COMMENT ON COLUMN marts.release_scored.doc_id IS 'Document (core.documents), or generated release (models.generated_releases)';
COMMENT ON COLUMN marts.release_scored.title IS 'Headline';
COMMENT ON COLUMN marts.release_scored.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.release_scored.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.release_scored.event_ts IS 'First public time of the release (UTC); of a generated one, where it was placed';
COMMENT ON COLUMN marts.release_scored.available_ts IS 'When the score could first be made: the document’s available_ts (UTC)';
COMMENT ON COLUMN marts.release_scored.placed_doc_id IS 'Real release in whose place a generated one was scored; null: no such';
COMMENT ON COLUMN marts.release_scored.origin_ts IS 'Last close at or before the release (UTC)';
COMMENT ON COLUMN marts.release_scored.model_id IS 'Model, trained wholly before the release';
COMMENT ON COLUMN marts.release_scored.release_group IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN marts.release_scored.median_text IS 'Median log return expected with the text';
COMMENT ON COLUMN marts.release_scored.median_none IS 'Median log return expected without the text';
COMMENT ON COLUMN marts.release_scored.median_walk IS 'Median of the reference walk';
COMMENT ON COLUMN marts.release_scored.width_text IS 'Width of the 90 % band with the text (log return)';
COMMENT ON COLUMN marts.release_scored.width_none IS 'Width of the 90 % band without the text (log return)';
COMMENT ON COLUMN marts.release_scored.width_walk IS 'Width of the reference walk’s 90 % band (log return)';
COMMENT ON COLUMN marts.release_scored.low_text IS 'Lower end of the 90 % band with the text (log return)';
COMMENT ON COLUMN marts.release_scored.low_none IS 'Lower end of the 90 % band without the text (log return)';
COMMENT ON COLUMN marts.release_scored.low_walk IS 'Lower end of the reference walk’s 90 % band (log return)';
COMMENT ON COLUMN marts.release_scored.realised IS 'What came (log return); null until it matures';
COMMENT ON COLUMN marts.release_scored.median_change IS 'median_text − median_none';
COMMENT ON COLUMN marts.release_scored.width_change IS 'width_text ÷ width_none − 1';
COMMENT ON COLUMN marts.release_scored.is_simulated IS 'True where the row comes from the market simulator or rests on it';
