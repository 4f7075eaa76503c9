-- entity: candles
-- severity: warning
-- about: Hourly or daily markets whose last bar is more than a week old
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject,
       date_diff('day', max(available_ts), $as_of)::BIGINT AS n_rows,
       'days since the last bar, ' || strftime(max(event_ts), '%Y-%m-%d %H:%M') AS detail
FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of AND timeframe IN ('1h', '1d')
GROUP BY exchange, symbol, timeframe HAVING max(available_ts) < $as_of - INTERVAL 7 DAY
