CREATE OR REPLACE VIEW marts.impact_tests AS
SELECT study_id, release_group, window_h, benchmark, test, estimate, low, high, statistic, p_value, q_value,
       detectable, power, is_preferred, n_releases, is_simulated
FROM models.impact_tests;
COMMENT ON VIEW marts.impact_tests IS 'Tests of no abnormal return, per group, window and benchmark';
COMMENT ON COLUMN marts.impact_tests.study_id IS 'Study';
COMMENT ON COLUMN marts.impact_tests.release_group IS 'all, real, generated, fabricated, unlabelled or late_stamp';
COMMENT ON COLUMN marts.impact_tests.window_h IS 'Window (hours); negative: the time before the release';
COMMENT ON COLUMN marts.impact_tests.benchmark IS 'Model of the normal return';
COMMENT ON COLUMN marts.impact_tests.test IS 'Test, as docs/methods.md lists them';
COMMENT ON COLUMN marts.impact_tests.estimate IS 'What is tested: mean CAR, mean excess move, rank correlation';
COMMENT ON COLUMN marts.impact_tests.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.impact_tests.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.impact_tests.statistic IS 'Test statistic';
COMMENT ON COLUMN marts.impact_tests.p_value IS 'Two-sided p-value';
COMMENT ON COLUMN marts.impact_tests.q_value IS 'p-value with the false-discovery rate controlled over all groups and windows';
COMMENT ON COLUMN marts.impact_tests.detectable IS 'Smallest effect found with 80 % power at 5 %';
COMMENT ON COLUMN marts.impact_tests.power IS 'Probability to find a mean CAR of .01, or an excess move of .25 sigma';
COMMENT ON COLUMN marts.impact_tests.is_preferred IS 'True for the tests that stand in every simulated condition';
COMMENT ON COLUMN marts.impact_tests.n_releases IS 'Releases';
COMMENT ON COLUMN marts.impact_tests.is_simulated IS 'True where the row comes from the market simulator or rests on it';
