-- entity: document_assets
-- severity: info
-- about: Documents linked to no asset
SELECT d.publisher AS subject, count(*) AS n_rows, 'documents without an asset' AS detail
FROM core.documents_as_of($as_of) d ANTI JOIN core.document_assets_as_of($as_of) a USING (doc_id) WHERE d.available_ts <= $as_of GROUP BY ALL
