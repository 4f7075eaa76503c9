-- From which exchange and market do an asset's prices come?
SELECT asset, timeframe, exchange, symbol, event_ts AS from_ts, last_ts AS to_ts, n_traded, n_markets
FROM marts.market_series
ORDER BY asset, timeframe, from_ts
