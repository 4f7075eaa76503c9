-- entity: supply
-- severity: info
-- about: Coins whose figures change vendor along the way
SELECT coin AS subject, count(DISTINCT source) AS n_rows, string_agg(DISTINCT source, '; ' ORDER BY source) AS detail
FROM core.supply_as_of($as_of) WHERE chain = 'all' AND available_ts <= $as_of GROUP BY coin HAVING count(DISTINCT source) > 1
