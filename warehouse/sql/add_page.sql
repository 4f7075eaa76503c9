INSERT INTO raw.pages (page_hash, source, locator, n_rows, n_bytes, payload, received_ts, run_id)
SELECT $page_hash, $source, $locator, $n_rows, $n_bytes, $payload, $now, $run_id
WHERE NOT EXISTS (SELECT 1 FROM raw.pages WHERE page_hash = $page_hash AND source = $source AND locator = $locator)
