-- entity: candles
-- severity: warning
-- about: Bars absent between the first and the last of a market
WITH bars AS (
    SELECT exchange, symbol, timeframe, event_ts,
           date_diff('second', event_ts, available_ts) AS seconds,
           date_diff('second', lag(event_ts) OVER (PARTITION BY exchange, symbol, timeframe ORDER BY event_ts), event_ts) AS step,
           lag(event_ts) OVER (PARTITION BY exchange, symbol, timeframe ORDER BY event_ts) AS before_ts
    FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of
)
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject,
       sum(CASE WHEN step > seconds THEN step // seconds - 1 ELSE 0 END)::BIGINT AS n_rows,
       format('{:.2f} % of the calendar; longest hole {} bars after {}',
              100.0 * sum(CASE WHEN step > seconds THEN step // seconds - 1 ELSE 0 END)
                  / (date_diff('second', min(event_ts), max(event_ts)) / min(seconds) + 1),
              max(CASE WHEN step > seconds THEN step // seconds - 1 ELSE 0 END)::BIGINT,
              strftime(arg_max(before_ts, coalesce(step, 0)), '%Y-%m-%d %H:%M')) AS detail
FROM bars GROUP BY exchange, symbol, timeframe
HAVING n_rows > 0
