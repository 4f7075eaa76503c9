-- entity: documents
-- severity: info
-- about: Headlines that stand more than once
SELECT publisher AS subject, sum(n)::BIGINT AS n_rows, 'documents share a headline with another' AS detail
FROM (SELECT publisher, title, count(*) AS n FROM core.documents_as_of($as_of) WHERE available_ts <= $as_of GROUP BY ALL HAVING count(*) > 1)
GROUP BY publisher
