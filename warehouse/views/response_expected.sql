-- What to expect after each release, from earlier releases alone: 90 % band of the move beyond the market, what came
-- grain: doc_id, asset, window_h
-- inside: Whether what came lies inside the band; null until the window is over
CREATE OR REPLACE VIEW marts.response_expected AS
SELECT e.doc_id, e.asset, e.window_h, e.event_ts, e.available_ts, d.title, d.release_group, e.sigma, e.low, e.median, e.high,
       e.low_walk, e.high_walk, e.odds_large, e.odds_large_walk, e.odds_up, e.level, e.weight_words, e.n_past, e.realised,
       e.realised BETWEEN e.low AND e.high AS inside, e.is_simulated
FROM models.response_expected e JOIN core.labelled_documents d USING (doc_id);
