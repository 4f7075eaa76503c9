-- Daily bars of each asset's own series (marts.market_series says of which market), known at the end of the UTC day
-- grain: asset, day
-- day: UTC day
CREATE OR REPLACE VIEW marts.candles_daily AS
SELECT asset, ((event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, available_ts, open_quote, high_quote, low_quote,
       close_quote, volume_base, volume_quote, timeframe, n_bars, is_simulated
FROM features.asset_daily;
