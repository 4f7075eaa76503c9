-- entity: asset_metrics
-- severity: warning
-- about: Traded assets without any market capitalisation
SELECT DISTINCT k.asset AS subject, 1 AS n_rows, 'no market capitalisation from any source' AS detail
FROM core.candles_as_of($as_of) k
ANTI JOIN (SELECT DISTINCT asset FROM core.asset_metrics_as_of($as_of) WHERE metric = 'market_cap_usd') m USING (asset)
WHERE k.available_ts <= $as_of
