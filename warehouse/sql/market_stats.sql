SELECT timeframe, asset, exchange, symbol, quote, date_trunc('week', event_ts) AS week, min(event_ts) AS first_ts, max(event_ts) AS last_ts,
       count(*) FILTER (volume_base IS NULL OR volume_base > 0)::UINTEGER AS n_traded,
       coalesce(sum(volume_base * close_quote), 0) AS turnover
FROM core.candles_as_of($ts) WHERE quote IN (SELECT unnest($quotes))
GROUP BY ALL ORDER BY ALL
