-- The verdict of the newest detector on each document
-- grain: doc_id
CREATE OR REPLACE VIEW features.newest_authorship AS
SELECT * FROM features.document_authorship
QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY ingested_ts DESC, detector) = 1;
