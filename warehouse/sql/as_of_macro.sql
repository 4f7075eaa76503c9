-- The newest version of each key that was available at `ts`. Keys with one version, nearly all, need no window.
CREATE OR REPLACE MACRO @macro(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM @table WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM @table WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY @key ORDER BY version DESC) = 1
    )
