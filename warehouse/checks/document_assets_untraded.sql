-- entity: document_assets
-- severity: info
-- about: Links to assets without candles: no impact can be measured
SELECT d.asset AS subject, count(*) AS n_rows, 'links to an asset without candles' AS detail
FROM core.document_assets_as_of($as_of) d ANTI JOIN (SELECT DISTINCT asset FROM core.candles_as_of($as_of)) k USING (asset)
WHERE d.available_ts <= $as_of GROUP BY d.asset
