-- entity: supply
-- severity: warning
-- about: Supply that changes by more than 10 % in a day, above 100 million
SELECT coin AS subject, count(*) AS n_rows,
       format('largest {:+.0f} % on {}', 100 * arg_max(g, abs(g)), strftime(arg_max(day, abs(g)), '%Y-%m-%d')) AS detail
FROM (
    SELECT coin, event_ts - INTERVAL 1 DAY AS day, coalesce(supply_units, market_cap_usd) AS s,
           s / lag(s) OVER (PARTITION BY coin, chain ORDER BY event_ts) - 1 AS g
    FROM core.supply WHERE available_ts <= $as_of
)
WHERE abs(g) > 0.10 AND s > 1e8 GROUP BY coin
