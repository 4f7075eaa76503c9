INSERT INTO ops.writes
    (run_id, entity, source, n_new, n_changed, n_unchanged, n_removed, n_quarantined, written_ts)
VALUES ($run_id, $entity, $source, $new, $changed, $unchanged, $removed, $quarantined, $now)
