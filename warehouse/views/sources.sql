CREATE OR REPLACE VIEW marts.sources AS
SELECT source, delivered, reason
FROM ops.source_status
WHERE run_id = (SELECT run_id FROM ops.source_status ORDER BY checked_ts DESC, run_id DESC LIMIT 1);
COMMENT ON VIEW marts.sources IS 'Whether each source delivered in the newest run that asked them, and why not';
COMMENT ON COLUMN marts.sources.source IS 'Source, or part of it: a file, a symbol, a coin, a feed';
COMMENT ON COLUMN marts.sources.delivered IS 'True where it delivered all that it was asked for';
COMMENT ON COLUMN marts.sources.reason IS 'Why it did not; null where it did';
