-- How did bitcoin do, month by month?
-- chart: bar x=month y=return
SELECT date_trunc('month', day) AS month, exp(sum(log_return)) - 1 AS return, max(high_quote) AS highest, min(low_quote) AS lowest
FROM marts.market_daily JOIN marts.candles_daily USING (asset, day)
WHERE asset = 'BTC'
GROUP BY month
ORDER BY month
