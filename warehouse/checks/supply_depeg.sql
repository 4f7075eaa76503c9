-- entity: supply
-- severity: warning
-- about: Days on which a coin was more than 3 % off one dollar
SELECT coin AS subject, count(*) AS n_rows,
       format('furthest {:.3f} USD on {}', arg_max(price_usd, abs(price_usd - 1)),
              strftime(arg_max(event_ts - INTERVAL 1 DAY, abs(price_usd - 1)), '%Y-%m-%d')) AS detail
FROM core.supply_as_of($as_of) WHERE chain = 'all' AND available_ts <= $as_of AND abs(price_usd - 1) > 0.03 GROUP BY coin
