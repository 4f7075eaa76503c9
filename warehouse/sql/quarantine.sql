INSERT INTO ops.quarantine BY NAME
SELECT q.*, $run_id AS run_id, $now AS quarantined_ts, $is_simulated AS is_simulated FROM _refused q
WHERE NOT EXISTS (
    SELECT 1 FROM ops.quarantine o
    WHERE o.entity = q.entity AND o.payload_hash = q.payload_hash AND o.reason = q.reason AND o.locator = q.locator
)
