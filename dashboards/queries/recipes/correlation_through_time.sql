-- How has the correlation with bitcoin changed?
-- chart: line x=day y=mean_correlation
SELECT day, avg(correlation_btc_90d) AS mean_correlation, count(*) AS n_assets
FROM marts.market_daily
WHERE correlation_btc_90d IS NOT NULL
GROUP BY day
ORDER BY day
