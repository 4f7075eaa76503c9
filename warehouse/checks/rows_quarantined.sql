-- entity: quarantine
-- severity: warning
-- about: Rows that were refused
SELECT entity AS subject, count(*) AS n_rows, reason AS detail FROM ops.quarantine GROUP BY entity, reason
