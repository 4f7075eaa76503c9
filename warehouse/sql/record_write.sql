INSERT INTO ops.writes VALUES ($run_id, $entity, $source, $new, $changed, $unchanged, $removed, $quarantined, $now)
