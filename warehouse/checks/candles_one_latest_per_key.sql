-- entity: candles
-- severity: error
-- about: No key may have two latest versions
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject, count(*) AS n_rows,
       'keys with more than one latest version' AS detail
FROM (SELECT exchange, symbol, timeframe, event_ts FROM core.candles_versions WHERE is_latest AND available_ts <= $as_of
      GROUP BY ALL HAVING count(*) > 1)
GROUP BY ALL
