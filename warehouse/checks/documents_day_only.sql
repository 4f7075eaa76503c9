-- entity: documents
-- severity: info
-- about: Documents whose time is known to the day only: no window shorter than a day
SELECT publisher AS subject, count(*) AS n_rows, 'documents with a date but no time' AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND ts_precision = 'day' GROUP BY publisher
