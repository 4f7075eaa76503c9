CREATE OR REPLACE VIEW marts.impact_coverage AS
SELECT study_id, window_h, reason, n_releases, is_simulated
FROM models.impact_coverage;
COMMENT ON VIEW marts.impact_coverage IS 'How many releases each window measures, and why it does not measure the others';
COMMENT ON COLUMN marts.impact_coverage.study_id IS 'Study';
COMMENT ON COLUMN marts.impact_coverage.window_h IS 'Window (hours)';
COMMENT ON COLUMN marts.impact_coverage.reason IS 'measured, or the first rule that leaves a release out';
COMMENT ON COLUMN marts.impact_coverage.n_releases IS 'Releases, one per document and asset';
COMMENT ON COLUMN marts.impact_coverage.is_simulated IS 'True where the row comes from the market simulator or rests on it';
