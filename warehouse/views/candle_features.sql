CREATE OR REPLACE VIEW marts.candle_features AS
SELECT asset, event_ts, available_ts, log_return, realised_vol_24h, ewma_vol_1h, hour_of_week_factor, sigma_next_1h,
       dollar_volume, amihud_24h, beta_btc_30d, corr_market_30d, is_simulated
FROM features.candle_features;
COMMENT ON VIEW marts.candle_features IS 'Hourly features per asset';
COMMENT ON COLUMN marts.candle_features.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.candle_features.event_ts IS 'Open of the bar (UTC)';
COMMENT ON COLUMN marts.candle_features.available_ts IS 'Close of the bar (UTC)';
COMMENT ON COLUMN marts.candle_features.log_return IS 'Log return over the bar';
COMMENT ON COLUMN marts.candle_features.realised_vol_24h IS 'Realised volatility of 24 bars (per √hour)';
COMMENT ON COLUMN marts.candle_features.ewma_vol_1h IS 'EWMA volatility without the hour-of-week pattern (per √hour)';
COMMENT ON COLUMN marts.candle_features.hour_of_week_factor IS 'Volatility of this hour of the week ÷ average';
COMMENT ON COLUMN marts.candle_features.sigma_next_1h IS 'Reference walk’s sigma for the next hour';
COMMENT ON COLUMN marts.candle_features.dollar_volume IS 'Volume × close (quote currency)';
COMMENT ON COLUMN marts.candle_features.amihud_24h IS 'Mean |return| ÷ million of dollar volume';
COMMENT ON COLUMN marts.candle_features.beta_btc_30d IS 'Beta to BTC over 720 bars';
COMMENT ON COLUMN marts.candle_features.corr_market_30d IS 'Correlation to the rest of the market over 720 bars';
COMMENT ON COLUMN marts.candle_features.is_simulated IS 'True where the row comes from the market simulator or rests on it';
