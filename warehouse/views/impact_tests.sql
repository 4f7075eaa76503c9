CREATE OR REPLACE VIEW marts.impact_tests AS
SELECT study_id, release_group, window_h, benchmark, test, estimate, low, high, statistic, p_value, n_releases,
       is_simulated FROM models.impact_tests;
COMMENT ON VIEW marts.impact_tests IS 'Tests of no abnormal return, per group, window and benchmark';
COMMENT ON COLUMN marts.impact_tests.study_id IS 'Study';
COMMENT ON COLUMN marts.impact_tests.release_group IS 'Group';
COMMENT ON COLUMN marts.impact_tests.window_h IS 'Window (hours)';
COMMENT ON COLUMN marts.impact_tests.benchmark IS 'Model of the normal return';
COMMENT ON COLUMN marts.impact_tests.test IS 'Test';
COMMENT ON COLUMN marts.impact_tests.estimate IS 'Mean CAR or mean excess move';
COMMENT ON COLUMN marts.impact_tests.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.impact_tests.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.impact_tests.statistic IS 'Statistic';
COMMENT ON COLUMN marts.impact_tests.p_value IS 'Two-sided p-value';
COMMENT ON COLUMN marts.impact_tests.n_releases IS 'Releases';
COMMENT ON COLUMN marts.impact_tests.is_simulated IS 'True where the row comes from the market simulator or rests on it';
