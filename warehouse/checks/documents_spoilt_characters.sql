-- entity: documents
-- severity: warning
-- about: Texts read in a wrong encoding: characters that were replaced, or two for one (Ã©, â€™)
SELECT publisher AS subject, count(*) AS n_rows,
       'for one ' || min(doc_id) || ': declare the encoding of the file, or tell the publisher' AS detail
FROM core.documents_as_of($as_of)
WHERE contains(title, chr(65533)) OR contains(body, chr(65533))
   OR regexp_matches(title || ' ' || body, 'Ã[\x{80}-\x{BF}©¨¼¶¤Ÿ]|â€[™œ˜“”\x{9D}¦]')
GROUP BY publisher;
