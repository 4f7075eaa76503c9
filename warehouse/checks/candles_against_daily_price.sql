-- entity: candles
-- severity: warning
-- about: Close at midnight against the daily price of another vendor: more than 5 % apart
SELECT k.symbol AS subject, count(*) AS n_rows,
       format('days, largest {:.0f} % on {} ({})', 100 * max(abs(k.close_quote / m.value - 1)),
              strftime(arg_max(k.available_ts, abs(k.close_quote / m.value - 1)), '%Y-%m-%d'), any_value(m.source)) AS detail
FROM core.candles_as_of($as_of) k
JOIN core.asset_metrics_as_of($as_of) m ON m.asset = k.asset AND m.metric = 'price_usd' AND m.event_ts = k.available_ts
WHERE k.timeframe = '1h' AND k.available_ts <= $as_of AND abs(k.close_quote / m.value - 1) > 0.05
GROUP BY k.symbol
