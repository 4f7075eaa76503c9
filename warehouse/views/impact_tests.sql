-- Tests of no abnormal return, per group, window (negative: before the release), base and benchmark
-- grain: study_id, release_group, window_h, base, benchmark, test
CREATE OR REPLACE VIEW marts.impact_tests AS
SELECT study_id, release_group, window_h, base, benchmark, test, estimate, low, high, statistic, p_value, q_value,
       detectable, power, is_preferred, n_releases, is_simulated
FROM models.impact_tests;
