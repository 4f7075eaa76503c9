-- entity: documents
-- severity: info
-- about: Back-filled documents: when anyone could first have read them is assumed
SELECT kind AS subject, count(*) AS n_rows, 'documents whose availability is assumed from their own stamp; its zone is taken as UTC' AS detail
FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of AND availability_assumed GROUP BY kind
