-- entity: candles
-- severity: warning
-- about: Rows whose moment is yet to come: a stamp in another unit or of another century
SELECT subject, count(*) AS n_rows, 'rows up to ' || strftime(max(event_ts) AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M') AS detail
FROM (
    SELECT 'candles ' || exchange || ' ' || symbol AS subject, event_ts FROM core.candles
    UNION ALL SELECT 'funding ' || exchange || ' ' || symbol, event_ts FROM core.funding
    UNION ALL SELECT 'supply ' || coin, event_ts FROM core.supply
    UNION ALL SELECT 'asset_metrics ' || asset, event_ts FROM core.asset_metrics
    UNION ALL SELECT 'documents ' || publisher, event_ts FROM core.documents
)
WHERE event_ts > now() + INTERVAL 2 DAY
GROUP BY subject
