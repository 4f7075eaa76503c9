-- On which days do an asset's prices have holes?
SELECT asset, day, n_bars, timeframe
FROM marts.candles_daily
WHERE timeframe = '1h' AND n_bars < 24
ORDER BY day DESC, asset
