-- entity: supply
-- severity: warning
-- about: Coins whose last figure is more than a week old
SELECT coin AS subject, date_diff('day', max(event_ts), $as_of)::BIGINT AS n_rows,
       'days since the last figure, ' || strftime(max(event_ts) - INTERVAL 1 DAY, '%Y-%m-%d') AS detail
FROM core.supply_as_of($as_of) WHERE chain = 'all' AND available_ts <= $as_of GROUP BY coin HAVING max(event_ts) < $as_of - INTERVAL 7 DAY
