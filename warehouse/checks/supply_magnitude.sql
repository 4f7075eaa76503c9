-- entity: supply
-- severity: warning
-- about: Coins of which there is less than a million dollars, beside others of more than a billion or alone: is it in millions?
SELECT coin AS subject, 1 AS n_rows, format('newest figure {:.6g}: expected units of the coin, or dollars', newest) AS detail
FROM (
    SELECT coin, arg_max(coalesce(supply_units, market_cap_usd), event_ts) AS newest
    FROM core.supply_as_of($as_of) WHERE available_ts <= $as_of AND chain = 'all' GROUP BY coin
)
WHERE newest < 1e6 AND newest > 0 AND coin IN ('USDT', 'USDC', 'DAI', 'BUSD', 'USDE', 'USDS', 'FDUSD', 'PYUSD', 'TUSD', 'USDP')
UNION ALL
SELECT asset || ' market_cap_usd', 1, format('newest figure {:.6g}: expected dollars', newest)
FROM (
    SELECT asset, arg_max(value, event_ts) AS newest FROM core.asset_metrics_as_of($as_of)
    WHERE available_ts <= $as_of AND metric = 'market_cap_usd' AND asset = 'BTC' AND event_ts > TIMESTAMPTZ '2013-01-01' GROUP BY asset
)
WHERE newest < 1e8
