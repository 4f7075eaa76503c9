SELECT count(*), coalesce(sum(hash(*COLUMNS(* EXCLUDE (run_id, ingested_ts)))::HUGEINT), 0)::VARCHAR FROM @macro($ts)
