-- entity: asset_metrics
-- severity: info
-- about: Figures of an asset that change vendor along the way
SELECT asset AS subject, count(DISTINCT source) AS n_rows, string_agg(DISTINCT source, '; ' ORDER BY source) AS detail
FROM core.asset_metrics_as_of($as_of) WHERE metric = 'price_usd' AND available_ts <= $as_of
GROUP BY asset HAVING count(DISTINCT source) > 1
