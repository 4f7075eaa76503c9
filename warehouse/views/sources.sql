-- Each source by the clock: when it was asked last and delivered last, how long that took, and its last error
-- grain: source
-- delivered: True where it delivered all that it was asked for when it was asked last
-- reason: Why it did not; null where it did
-- n_delivered: Rows that it delivered then
-- seconds: How long that took (s)
-- asked_ts: When it was asked last (wall clock, UTC)
-- delivered_ts: When it delivered last (wall clock, UTC); null where it never did
-- age_h: Hours since then, by the clock of who reads
-- limit_h: Hours after which that is too long
-- is_late: True where it is too long, or where it never delivered
-- last_error: What it said when it failed last; null where it never did
-- last_error_ts: When that was (wall clock, UTC)
CREATE OR REPLACE VIEW marts.sources AS
WITH newest_run AS (SELECT run_id FROM ops.source_status ORDER BY checked_ts DESC, run_id DESC LIMIT 1),
told AS (
    SELECT source, max(checked_ts) FILTER (delivered) AS delivered_ts,
           arg_max(reason, checked_ts) FILTER (NOT delivered) AS last_error, max(checked_ts) FILTER (NOT delivered) AS last_error_ts
    FROM ops.source_status GROUP BY source
)
SELECT s.source, s.delivered, s.reason, s.n_rows AS n_delivered, s.seconds, s.checked_ts AS asked_ts, t.delivered_ts,
       date_diff('minute', t.delivered_ts, now()) / 60 AS age_h, 36 AS limit_h,
       coalesce(date_diff('minute', t.delivered_ts, now()) / 60 > 36, true) AS is_late, t.last_error, t.last_error_ts
FROM ops.source_status s SEMI JOIN newest_run USING (run_id) JOIN told t USING (source);
