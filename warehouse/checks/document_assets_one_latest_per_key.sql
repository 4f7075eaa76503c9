-- entity: document_assets
-- severity: error
-- about: No key may have two latest versions
SELECT 'document_assets' AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT doc_id, asset FROM core.document_assets_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
HAVING count(*) > 0
