-- The reference walk's hourly volatility at the end of each UTC day.
SELECT asset, available_ts AS event_ts, ewma_vol_1h FROM features.candle_features
WHERE date_trunc('day', available_ts) = available_ts AND ewma_vol_1h > 0
