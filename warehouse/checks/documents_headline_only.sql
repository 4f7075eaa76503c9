-- entity: documents
-- severity: info
-- about: Documents with a headline and no text
SELECT publisher AS subject, count(*) AS n_rows, 'documents without a body' AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND body = '' GROUP BY publisher
