-- What was known of a release when it arrived: expected range of the move, authorship, what followed the like
-- grain: doc_id, asset, horizon_h
-- response_low: 5 % quantile of the move beyond the market, from earlier releases (log return); null: none to learn from
-- response_median: Median of it (log return)
-- response_high: 95 % quantile of it (log return)
-- response_level: What counts most in it: walk, scale, kind, or words
CREATE OR REPLACE VIEW marts.release_alerts AS
SELECT a.doc_id, d.title, a.asset, a.horizon_h, a.available_ts, r.low AS response_low, r.median AS response_median,
       r.high AS response_high, r.odds_large, r.odds_large_walk, r.odds_up, r.level AS response_level, a.low_text,
       a.median_text, a.high_text, a.low_walk, a.high_walk, a.width_change, a.machine_probability, a.machine_verdict,
       a.n_similar, a.similar_scaled_move, a.similar_excess_move, a.is_simulated
FROM models.release_alerts a
LEFT JOIN core.documents d USING (doc_id)
LEFT JOIN models.response_expected r ON r.doc_id = a.doc_id AND r.asset = a.asset AND r.window_h = a.horizon_h;
