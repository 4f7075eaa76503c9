-- entity: documents
-- severity: error
-- about: No document may have two latest versions
SELECT doc_id AS subject, count(*) AS n_rows, 'latest versions of one document' AS detail
FROM core.documents_versions WHERE is_latest GROUP BY ALL HAVING count(*) > 1
