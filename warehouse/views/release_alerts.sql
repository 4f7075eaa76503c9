-- What was known of a release when it arrived: expected range of the move, authorship, what followed the like
-- grain: doc_id, asset, horizon_h
CREATE OR REPLACE VIEW marts.release_alerts AS
SELECT a.doc_id, d.title, a.asset, a.horizon_h, a.available_ts, a.low_text, a.median_text, a.high_text, a.low_walk,
       a.high_walk, a.width_change, a.machine_probability, a.machine_verdict, a.n_similar, a.similar_scaled_move,
       a.similar_excess_move, a.is_simulated
FROM models.release_alerts a LEFT JOIN core.documents d USING (doc_id);
