-- entity: document_assets
-- severity: warning
-- about: Documents linked to more than five assets: the links are doubtful
SELECT 'documents' AS subject, count(*) AS n_rows, format('up to {} assets in one document', max(n)) AS detail
FROM (SELECT doc_id, count(*) AS n FROM core.document_assets_as_of($as_of) WHERE available_ts <= $as_of GROUP BY doc_id HAVING count(*) > 5)
HAVING count(*) > 0
