-- entity: supply
-- severity: warning
-- about: Supply that stood exactly still for 14 days or more: a stale vendor
SELECT coin AS subject, max(n) AS n_rows, 'days at the same figure, from ' || strftime(arg_max(since, n), '%Y-%m-%d') AS detail
FROM (
    SELECT coin, s, count(*) AS n, min(event_ts) AS since
    FROM (
        SELECT coin, event_ts, coalesce(supply_units, market_cap_usd) AS s,
               row_number() OVER (PARTITION BY coin ORDER BY event_ts)
                   - row_number() OVER (PARTITION BY coin, coalesce(supply_units, market_cap_usd) ORDER BY event_ts) AS island
        FROM core.supply_as_of($as_of) WHERE chain = 'all' AND available_ts <= $as_of
    )
    GROUP BY coin, s, island
)
GROUP BY coin HAVING max(n) >= 14
