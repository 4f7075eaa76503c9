-- entity: candles
-- severity: warning
-- about: Markets in which a fifth of the last 30 days' bars, or the last 24 bars, had no trade
SELECT exchange || ' ' || symbol || ' ' || timeframe AS subject, n_idle AS n_rows,
       format('of {} bars in its last 30 days had no trade; last trade in the bar of {}', n_bars,
              coalesce(strftime(last_traded AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M'), 'none of them')) AS detail
FROM (
    SELECT exchange, symbol, timeframe, count(*) AS n_bars, count(*) FILTER (is_idle) AS n_idle,
           max(event_ts) FILTER (NOT is_idle) AS last_traded,
           count(*) FILTER (is_idle AND place <= 24) AS n_idle_at_end
    FROM (
        SELECT exchange, symbol, timeframe, event_ts, coalesce(volume_base = 0, false) AS is_idle,
               row_number() OVER (PARTITION BY exchange, symbol, timeframe ORDER BY event_ts DESC) AS place,
               max(event_ts) OVER (PARTITION BY exchange, symbol, timeframe) AS newest_ts
        FROM core.candles_as_of($as_of) WHERE available_ts <= $as_of
    )
    WHERE event_ts > newest_ts - INTERVAL 30 DAY
    GROUP BY ALL
)
WHERE n_idle >= 0.2 * n_bars AND n_idle > 1 OR n_idle_at_end = 24
