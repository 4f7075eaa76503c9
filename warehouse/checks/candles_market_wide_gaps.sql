-- entity: candles
-- severity: warning
-- about: Bars absent on every market of an exchange at once: maintenance
WITH span AS (
    SELECT exchange, timeframe, symbol, min(event_ts) AS first_ts, max(event_ts) AS last_ts,
           any_value(date_diff('second', event_ts, available_ts)) AS seconds
    FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of GROUP BY ALL
), calendar AS (
    SELECT exchange, timeframe,
           unnest(generate_series(min(first_ts), max(last_ts), to_seconds(any_value(seconds)))) AS event_ts
    FROM span GROUP BY exchange, timeframe HAVING count(*) > 1
)
SELECT c.exchange || ' ' || c.timeframe AS subject, count(*) AS n_rows,
       'bars missing on every market, first ' || strftime(min(c.event_ts), '%Y-%m-%d %H:%M') AS detail
FROM calendar c
ANTI JOIN (SELECT DISTINCT exchange, timeframe, event_ts FROM core.candles_as_of($as_of)) k USING (exchange, timeframe, event_ts)
GROUP BY ALL
