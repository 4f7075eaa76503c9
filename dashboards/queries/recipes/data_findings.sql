-- What did the checks of the data find?
SELECT severity, check_name, entity, subject, n_rows, detail
FROM marts.data_health
ORDER BY severity, check_name, subject
