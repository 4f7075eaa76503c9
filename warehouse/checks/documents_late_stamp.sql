-- entity: documents
-- severity: info
-- about: Documents stamped with the first report, not the announcement: shown apart
SELECT kind AS subject, count(*) AS n_rows, 'documents with a late stamp' AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND is_late_stamp GROUP BY kind
