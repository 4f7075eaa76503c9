-- Which assets move with bitcoin, and how strongly?
-- chart: points x=correlation_btc_90d y=beta_btc_90d by=asset
SELECT asset, beta_btc_90d, correlation_btc_90d
FROM marts.market_overview
WHERE beta_btc_90d IS NOT NULL
ORDER BY beta_btc_90d DESC
