-- entity: supply
-- severity: warning
-- about: Chains of coins that have no total of their own, that begin late or end early: the sum changes with them
SELECT coin || ' on ' || chain AS subject, n AS n_rows,
       CASE WHEN last_ts < coin_last - INTERVAL 1 DAY THEN format('days; ends on {} at {:.3g}', strftime(last_ts - INTERVAL 1 DAY, '%Y-%m-%d'), newest)
            ELSE format('days; begins on {} at {:.3g}', strftime(first_ts - INTERVAL 1 DAY, '%Y-%m-%d'), oldest) END AS detail
FROM (
    SELECT coin, source, chain, count(*) AS n, min(event_ts) AS first_ts, max(event_ts) AS last_ts,
           arg_min(coalesce(supply_units, market_cap_usd), event_ts) AS oldest,
           arg_max(coalesce(supply_units, market_cap_usd), event_ts) AS newest,
           min(first_ts) OVER (PARTITION BY coin, source) AS coin_first,
           max(last_ts) OVER (PARTITION BY coin, source) AS coin_last,
           bool_or(chain = 'all') OVER (PARTITION BY coin, source) AS has_total
    FROM core.supply_as_of($as_of) WHERE available_ts <= $as_of GROUP BY coin, source, chain
)
WHERE NOT has_total AND ((last_ts < coin_last - INTERVAL 1 DAY AND newest > 1e6) OR (first_ts > coin_first + INTERVAL 1 DAY AND oldest > 1e8))
