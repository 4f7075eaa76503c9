-- entity: asset_metrics
-- severity: error
-- about: No key may have two latest versions
SELECT 'asset_metrics' AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT asset, metric, source, event_ts FROM core.asset_metrics_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
HAVING count(*) > 0
