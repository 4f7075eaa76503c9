-- Whether each source delivered in the newest run that asked them, and why not
-- grain: source
-- reason: Why it did not; null where it did
CREATE OR REPLACE VIEW marts.sources AS
SELECT source, delivered, reason
FROM ops.source_status
WHERE run_id = (SELECT run_id FROM ops.source_status ORDER BY checked_ts DESC, run_id DESC LIMIT 1);
