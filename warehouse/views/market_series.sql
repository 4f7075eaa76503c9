-- Which market's candles are an asset's series, and from when to when: spot before swaps among markets alike in length
-- grain: asset, timeframe, event_ts
CREATE OR REPLACE VIEW marts.market_series AS
SELECT asset, timeframe, event_ts, last_ts, available_ts, exchange, symbol, n_traded, n_markets, is_simulated
FROM features.market_series;
