-- entity: funding
-- severity: info
-- about: Perpetuals with less than 90 settlements
SELECT symbol AS subject, count(*) AS n_rows, 'settlements in all' AS detail
FROM core.funding_as_of($as_of) WHERE available_ts <= $as_of GROUP BY symbol HAVING count(*) < 90
