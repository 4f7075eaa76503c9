-- Hourly features per asset
-- grain: asset, event_ts
-- event_ts: Open of the bar (UTC)
-- available_ts: Close of the bar (UTC)
CREATE OR REPLACE VIEW marts.candle_features AS
SELECT asset, event_ts, available_ts, log_return, realised_vol_24h, ewma_vol_1h, hour_of_week_factor, sigma_next_1h,
       dollar_volume, amihud_24h, beta_btc_30d, corr_market_30d, is_simulated
FROM features.candle_features;
