-- Which assets are calm and which turbulent, beside their own past year?
-- chart: bar x=asset y=volatility_percentile
SELECT asset, volatility_30d, volatility_percentile
FROM marts.market_overview
ORDER BY volatility_percentile DESC NULLS LAST
