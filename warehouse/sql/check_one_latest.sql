SELECT @subject AS subject, count(*) AS n_rows, 'keys with more than one latest version' AS detail
FROM (SELECT @key FROM @table WHERE is_latest GROUP BY ALL HAVING count(*) > 1)
HAVING count(*) > 0
