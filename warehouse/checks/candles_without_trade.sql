-- entity: candles
-- severity: info
-- about: Bars with no volume
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject, count(*) AS n_rows, 'bars with no volume' AS detail
FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of AND volume_base = 0 GROUP BY ALL
