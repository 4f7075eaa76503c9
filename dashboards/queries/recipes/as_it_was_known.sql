-- Which candles were revised, and what was known before?
SELECT exchange, symbol, timeframe, event_ts, version, available_ts, close_quote, volume_base, ingested_ts
FROM core.candles_versions
WHERE (exchange, symbol, timeframe, event_ts) IN
      (SELECT (exchange, symbol, timeframe, event_ts) FROM core.candles_versions WHERE version > 1)
ORDER BY event_ts, version
LIMIT 500
