-- Findings of the quality checks of the newest run that ran them
-- grain: check_name, entity, subject, detail
-- entity: Entity
-- subject: What it is about
CREATE OR REPLACE VIEW marts.data_health AS
SELECT check_name, entity, severity, subject, n_rows, detail, as_of_ts
FROM ops.checks
WHERE run_id = (SELECT run_id FROM ops.checks ORDER BY checked_ts DESC, run_id DESC LIMIT 1) AND n_rows > 0;
