-- entity: asset_metrics
-- severity: warning
-- about: Capitalisations whose last figure is more than a week old
SELECT asset AS subject, date_diff('day', max(event_ts), $as_of)::BIGINT AS n_rows,
       'days since the last market capitalisation, ' || strftime(max(event_ts) - INTERVAL 1 DAY, '%Y-%m-%d') AS detail
FROM core.asset_metrics_as_of($as_of) WHERE metric = 'market_cap_usd' AND available_ts <= $as_of
GROUP BY asset HAVING max(event_ts) < $as_of - INTERVAL 7 DAY
