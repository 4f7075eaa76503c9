-- entity: supply
-- severity: error
-- about: No supply figure may have two latest versions
SELECT coin AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT coin, chain, source, event_ts FROM core.supply_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
GROUP BY ALL
