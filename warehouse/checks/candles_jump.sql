-- entity: candles
-- severity: warning
-- about: Moves of more than 30 % from one bar to the next, over holes too
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject, count(*) AS n_rows,
       format('largest {:+.0f} % at {}{}', 100 * (exp(arg_max(r, abs(r))) - 1),
              strftime(arg_max(event_ts, abs(r)), '%Y-%m-%d %H:%M'),
              CASE WHEN arg_max(hole, abs(r)) > INTERVAL 0 SECOND THEN ', over a hole: counted as no return' ELSE '' END) AS detail
FROM (
    SELECT exchange, symbol, timeframe, event_ts, ln(close_quote / lag(close_quote) OVER w) AS r,
           event_ts - lag(available_ts) OVER w AS hole
    FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of
    WINDOW w AS (PARTITION BY exchange, symbol, timeframe ORDER BY event_ts)
)
WHERE abs(r) > ln(1.3) GROUP BY exchange, symbol, timeframe
