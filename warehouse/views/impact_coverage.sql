-- How many releases each window measures, and why it does not measure the others
-- grain: study_id, window_h, reason
CREATE OR REPLACE VIEW marts.impact_coverage AS
SELECT study_id, window_h, reason, n_releases, is_simulated
FROM models.impact_coverage;
