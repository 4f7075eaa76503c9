-- entity: candles
-- severity: error
-- about: High is the highest, low the lowest, prices are positive
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject, count(*) AS n_rows, 'bars out of order' AS detail
FROM core.candles_as_of($as_of)
WHERE available_ts <= $as_of
  AND (high_quote < greatest(open_quote, close_quote, low_quote) OR low_quote > least(open_quote, close_quote) OR low_quote <= 0)
GROUP BY ALL
