-- entity: candles
-- severity: warning
-- about: The newest bar of any market is younger than 3 hours
SELECT 'newest candle' AS subject, date_diff('hour', max(available_ts), $as_of)::BIGINT AS n_rows,
       'hours before the as-of time, ' || strftime(max(available_ts), '%Y-%m-%d %H:%M') AS detail
FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of HAVING max(available_ts) < $as_of - INTERVAL 3 HOUR
