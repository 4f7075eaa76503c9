-- entity: documents
-- severity: info
-- about: Documents that a curated table advises against using in a clean test
SELECT d.kind AS subject, count(*) AS n_rows, string_agg(left(d.title, 60), '; ' ORDER BY d.event_ts) AS detail
FROM core.documents_as_of($as_of) d JOIN core.source_labels s USING (doc_id)
WHERE NOT s.is_recommended GROUP BY d.kind
