-- Earlier releases most like a new one, and what prices did in the 24 hours after them
-- grain: doc_id, asset, place
-- similar_title: Its headline
CREATE OR REPLACE VIEW marts.similar_releases AS
SELECT s.doc_id, s.asset, s.place, s.similar_doc_id, d.title AS similar_title, s.similar_asset, s.similarity,
       s.vectors, s.available_ts, s.similar_event_ts, s.car, s.scaled_move, s.excess_move, s.reversal_share,
       s.is_simulated
FROM models.similar_releases s LEFT JOIN core.documents d ON d.doc_id = s.similar_doc_id;
