CREATE OR REPLACE VIEW marts.release_alerts AS
SELECT a.doc_id, d.title, a.asset, a.horizon_h, a.available_ts, a.low_text, a.median_text, a.high_text, a.low_walk,
       a.high_walk, a.width_change, a.machine_probability, a.machine_verdict, a.n_similar, a.similar_scaled_move,
       a.similar_excess_move, a.is_simulated
FROM models.release_alerts a LEFT JOIN core.documents d USING (doc_id);
COMMENT ON VIEW marts.release_alerts IS 'What was known of a release when it arrived: expected range of the move, authorship, what followed the like';
COMMENT ON COLUMN marts.release_alerts.doc_id IS 'Document (core.documents)';
COMMENT ON COLUMN marts.release_alerts.title IS 'Headline';
COMMENT ON COLUMN marts.release_alerts.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.release_alerts.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.release_alerts.available_ts IS 'As the document (UTC)';
COMMENT ON COLUMN marts.release_alerts.low_text IS '5 % quantile of the log return expected with the text';
COMMENT ON COLUMN marts.release_alerts.median_text IS 'Median log return expected with the text';
COMMENT ON COLUMN marts.release_alerts.high_text IS '95 % quantile of the log return expected with the text';
COMMENT ON COLUMN marts.release_alerts.low_walk IS '5 % quantile of the reference walk (log return)';
COMMENT ON COLUMN marts.release_alerts.high_walk IS '95 % quantile of the reference walk (log return)';
COMMENT ON COLUMN marts.release_alerts.width_change IS 'Width of the band with the text ÷ without it − 1';
COMMENT ON COLUMN marts.release_alerts.machine_probability IS 'Probability of machine authorship; null: not judged';
COMMENT ON COLUMN marts.release_alerts.machine_verdict IS 'flagged, not flagged, or too short to tell';
COMMENT ON COLUMN marts.release_alerts.n_similar IS 'Similar earlier releases whose day was over when this one arrived';
COMMENT ON COLUMN marts.release_alerts.similar_scaled_move IS 'Mean |move| ÷ sigma in the 24 h after them';
COMMENT ON COLUMN marts.release_alerts.similar_excess_move IS 'Their mean excess move, 24 h';
COMMENT ON COLUMN marts.release_alerts.is_simulated IS 'True where the row comes from the market simulator or rests on it';
