-- entity: stablecoins
-- severity: error
-- about: No stablecoin may have two latest versions
SELECT coin AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT coin, source FROM core.stablecoins_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
GROUP BY ALL
