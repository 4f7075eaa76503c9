-- entity: funding
-- severity: error
-- about: No key may have two latest versions
SELECT 'funding' AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT exchange, symbol, event_ts FROM core.funding_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
HAVING count(*) > 0
