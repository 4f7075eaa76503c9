-- entity: documents
-- severity: info
-- about: Documents that a curated table advises against using in a clean test
SELECT kind AS subject, count(*) AS n_rows, string_agg(left(title, 60), '; ' ORDER BY event_ts) AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND NOT is_recommended GROUP BY kind
