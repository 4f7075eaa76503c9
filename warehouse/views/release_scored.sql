-- What the network expects after each release: with its text, with none, and the reference walk
-- grain: doc_id, asset, horizon_h
-- median_change: median_text − median_none
-- width_change: width_text ÷ width_none − 1
CREATE OR REPLACE VIEW marts.release_scored AS
SELECT s.doc_id, coalesce(d.title, g.title) AS title, s.asset, s.horizon_h, s.event_ts, s.available_ts,
       s.placed_doc_id, s.origin_ts, s.model_id, coalesce(d.release_group, s.release_group) AS release_group, s.median_text, s.median_none, s.median_walk,
       s.width_text, s.width_none, s.width_walk, s.low_text, s.low_none, s.low_walk, s.realised,
       s.median_text - s.median_none AS median_change, s.width_text / s.width_none - 1 AS width_change,
       s.is_simulated
FROM models.scored s LEFT JOIN core.labelled_documents d USING (doc_id)
LEFT JOIN models.generated_releases g ON g.text_id = s.doc_id;
