-- entity: documents
-- severity: warning
-- about: Publishers whose stamps fall on the full hour more than half of the time
SELECT publisher AS subject, sum(n)::BIGINT AS n_rows,
       format('{:.0f} % on the full hour; busiest hour {} UTC', 100 * sum(n_full) / sum(n), arg_max(hour_utc, (n, -hour_utc))) AS detail
FROM (
    SELECT publisher, hour(event_ts) AS hour_utc, count(*) AS n, count(*) FILTER (minute(event_ts) = 0) AS n_full
    FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND ts_precision IN ('second', 'minute')
    GROUP BY ALL
)
GROUP BY publisher HAVING sum(n) >= 100 AND sum(n_full) > 0.5 * sum(n)
