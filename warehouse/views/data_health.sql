CREATE OR REPLACE VIEW marts.data_health AS
SELECT check_name, entity, severity, subject, n_rows, detail, as_of_ts
FROM ops.checks
WHERE run_id = (SELECT run_id FROM ops.checks ORDER BY checked_ts DESC, run_id DESC LIMIT 1) AND n_rows > 0;
COMMENT ON VIEW marts.data_health IS 'Findings of the quality checks of the newest run that ran them';
COMMENT ON COLUMN marts.data_health.check_name IS 'Check';
COMMENT ON COLUMN marts.data_health.entity IS 'Entity';
COMMENT ON COLUMN marts.data_health.severity IS 'error, warning or info';
COMMENT ON COLUMN marts.data_health.subject IS 'What it is about';
COMMENT ON COLUMN marts.data_health.n_rows IS 'How much was found';
COMMENT ON COLUMN marts.data_health.detail IS 'What was found';
COMMENT ON COLUMN marts.data_health.as_of_ts IS 'Moment that the run looked from (UTC)';
