-- Each asset's market by day: returns, volatility and its place in the past year, fall from the top, beta to BTC
-- grain: asset, day
-- day: UTC day
CREATE OR REPLACE VIEW marts.market_daily AS
SELECT asset, ((event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, available_ts, close_quote, log_return, return_1d,
       return_7d, return_30d, return_90d, volume_quote, volume_ratio, volatility_30d, volatility_percentile, drawdown,
       beta_btc_90d, correlation_btc_90d, is_simulated
FROM features.asset_daily;
