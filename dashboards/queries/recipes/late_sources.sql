-- Which sources are late or did not deliver?
SELECT source, delivered, is_late, age_h, limit_h, reason, last_error, last_error_ts
FROM marts.sources
ORDER BY is_late DESC, delivered, source
