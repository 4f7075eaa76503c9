-- One row per staged row that is new, changed, or contradicts another source; unchanged ones are left out.
CREATE OR REPLACE TEMP TABLE _diff AS
SELECT s._row, @old_version AS old_version, @frozen_old
       CASE WHEN t._key IS NULL THEN 'new' WHEN @foreign THEN 'foreign' ELSE 'changed' END AS status
FROM _stage s
LEFT JOIN (
    SELECT @key_columns, @value_columns, @version_column, @frozen_columns source AS _source, 1 AS _key
    FROM @table WHERE @current
) t ON @key_match
WHERE t._key IS NULL OR @value_differs
