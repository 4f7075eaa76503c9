-- entity: documents
-- severity: warning
-- about: Publishers whose stamps fall on the full hour more than half of the time
SELECT publisher AS subject, count(*) AS n_rows,
       format('{:.0f} % on the full hour; busiest hour {} UTC', 100 * avg((minute(event_ts) = 0)::INTEGER), mode(hour(event_ts))) AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND ts_precision IN ('second', 'minute')
GROUP BY publisher HAVING count(*) >= 100 AND avg((minute(event_ts) = 0)::INTEGER) > 0.5
