-- entity: candles
-- severity: warning
-- about: Hourly closes of an asset more than 3 % apart between two exchanges (spot, dollar quotes)
SELECT format('{} {} and {} {}', a.exchange, a.symbol, b.exchange, b.symbol) AS subject, count(*) AS n_rows,
       format('hours, largest {:.1f} % at {}', 100 * max(abs(a.close_quote / b.close_quote - 1)),
              strftime(arg_max(a.available_ts, (abs(a.close_quote / b.close_quote - 1), a.available_ts)), '%Y-%m-%d %H:%M')) AS detail
FROM core.candles_as_of($as_of) a
JOIN core.candles_as_of($as_of) b
  ON b.asset = a.asset AND b.timeframe = a.timeframe AND b.event_ts = a.event_ts AND a.exchange < b.exchange
WHERE a.timeframe = '1h' AND NOT contains(a.symbol, ':') AND NOT contains(b.symbol, ':')
  AND a.quote IN ('USD', 'USDT', 'USDC', 'BUSD') AND b.quote IN ('USD', 'USDT', 'USDC', 'BUSD')
  AND abs(a.close_quote / b.close_quote - 1) > 0.03
GROUP BY a.exchange, a.symbol, b.exchange, b.symbol
