SELECT * EXCLUDE (is_latest) FROM @table WHERE version = 1 AND available_ts <= $ts
