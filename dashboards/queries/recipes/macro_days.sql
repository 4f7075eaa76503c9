-- How large are bitcoin's moves on days of scheduled US announcements?
-- chart: bar x=announcement y=mean_size
SELECT coalesce(m.announcement, 'no announcement') AS announcement, count(*) AS n_days, avg(abs(d.log_return)) AS mean_size,
       median(abs(d.log_return)) AS median_size
FROM marts.market_daily d LEFT JOIN marts.macro_calendar m ON (m.event_ts AT TIME ZONE 'UTC')::DATE = d.day
WHERE d.asset = 'BTC' AND d.log_return IS NOT NULL
GROUP BY 1
ORDER BY mean_size DESC
