CREATE OR REPLACE VIEW marts.similar_releases AS
SELECT s.doc_id, s.asset, s.place, s.similar_doc_id, d.title AS similar_title, s.similar_asset, s.similarity,
       s.vectors, s.available_ts, s.similar_event_ts, s.car, s.scaled_move, s.excess_move, s.reversal_share,
       s.is_simulated
FROM models.similar_releases s LEFT JOIN core.documents d ON d.doc_id = s.similar_doc_id;
COMMENT ON VIEW marts.similar_releases IS 'Earlier releases most like a new one, and what prices did in the 24 hours after them';
COMMENT ON COLUMN marts.similar_releases.doc_id IS 'Document (core.documents)';
COMMENT ON COLUMN marts.similar_releases.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.similar_releases.place IS '1 for the most similar';
COMMENT ON COLUMN marts.similar_releases.similar_doc_id IS 'The earlier document';
COMMENT ON COLUMN marts.similar_releases.similar_title IS 'Its headline';
COMMENT ON COLUMN marts.similar_releases.similar_asset IS 'Its asset';
COMMENT ON COLUMN marts.similar_releases.similarity IS 'Cosine similarity of the two texts';
COMMENT ON COLUMN marts.similar_releases.vectors IS 'Model whose vectors were compared';
COMMENT ON COLUMN marts.similar_releases.available_ts IS 'As the new document (UTC)';
COMMENT ON COLUMN marts.similar_releases.similar_event_ts IS 'When the earlier one was published (UTC)';
COMMENT ON COLUMN marts.similar_releases.car IS 'Move in the 24 h after it, against the reference walk (log)';
COMMENT ON COLUMN marts.similar_releases.scaled_move IS '|move| ÷ sigma';
COMMENT ON COLUMN marts.similar_releases.excess_move IS 'The same beyond placebo times';
COMMENT ON COLUMN marts.similar_releases.reversal_share IS 'Share of the peak given back within the 24 h';
COMMENT ON COLUMN marts.similar_releases.is_simulated IS 'True where the row comes from the market simulator or rests on it';
