-- How the bands after past releases held, and what their words added
-- grain: window_h, release_group
CREATE OR REPLACE VIEW marts.response_record AS
SELECT window_h, release_group, n_releases, covered, covered_low, covered_high, walk_covered, crps_ratio, correlation,
       words_over_kind, network_over_words, words_gain, words_gain_low, words_gain_high, words_gain_p, is_simulated
FROM models.response_record;
