-- entity: supply
-- severity: info
-- about: Days of supply without a price: valued at par in the at-market ratio
SELECT coin AS subject, count(*) AS n_rows,
       'days, last ' || strftime(max(event_ts) - INTERVAL 1 DAY, '%Y-%m-%d') AS detail
FROM core.supply_as_of($as_of) WHERE chain = 'all' AND available_ts <= $as_of AND price_usd IS NULL GROUP BY coin
