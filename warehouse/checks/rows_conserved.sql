-- entity: source_rows
-- severity: error
-- about: Sources of the newest run of which rows are lost: read is not stored + unchanged + quarantined + left out
SELECT source || ' ' || entity AS subject, abs(n_read - accounted) AS n_rows,
       format('{} rows read, {} accounted for', n_read, accounted) AS detail
FROM (
    SELECT source, entity, n_read, n_new + n_changed + n_unchanged + n_quarantined + n_left_out AS accounted
    FROM ops.source_rows
    WHERE run_id = (SELECT run_id FROM ops.source_rows ORDER BY checked_ts DESC, run_id DESC LIMIT 1)
)
WHERE n_read <> accounted
