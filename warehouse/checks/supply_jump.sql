-- entity: supply
-- severity: warning
-- about: Supply that changes by more than 10 % from one figure to the next, from or to above 100 million
SELECT subject, count(*) AS n_rows,
       'days; largest ' || string_agg(format('{:+.1f} % on {}', 100 * g, strftime(day, '%Y-%m-%d')), ', ' ORDER BY abs(g) DESC)
           FILTER (place <= 20) AS detail
FROM (
    SELECT subject, day, g, row_number() OVER (PARTITION BY subject ORDER BY abs(g) DESC, day) AS place
    FROM (
        SELECT coin || CASE WHEN chain = 'all' THEN '' ELSE ' on ' || chain END AS subject,
               event_ts - INTERVAL 1 DAY AS day, coalesce(supply_units, market_cap_usd) AS s,
               lag(s) OVER (PARTITION BY coin, chain ORDER BY event_ts) AS before, s / nullif(before, 0) - 1 AS g,
               bool_or(chain = 'all') OVER (PARTITION BY coin) AS has_total, chain
        FROM core.supply_as_of($as_of) WHERE available_ts <= $as_of
    )
    WHERE abs(g) > 0.10 AND greatest(s, before) > 1e8 AND (chain = 'all' OR NOT has_total)
)
GROUP BY subject
