-- Where is more traded than usual?
-- chart: bar x=asset y=volume_ratio
SELECT asset, day, volume_quote, volume_ratio, return_1d
FROM marts.market_overview
WHERE volume_ratio IS NOT NULL
ORDER BY volume_ratio DESC
