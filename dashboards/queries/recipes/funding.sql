-- What do swaps pay, over a year?
-- chart: line x=event_ts y=funding_rate_per_year by=symbol
SELECT exchange, symbol, asset, event_ts, funding_rate, interval_h, funding_rate_per_year
FROM marts.funding
WHERE event_ts > (SELECT max(event_ts) FROM marts.funding) - INTERVAL 30 DAY
ORDER BY symbol, event_ts
