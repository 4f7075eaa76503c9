-- What moved most over the past day?
-- chart: bar x=asset y=return_1d
SELECT asset, day, close_quote, return_1d, return_7d, volume_ratio, volatility_percentile
FROM marts.market_overview
ORDER BY abs(return_1d) DESC NULLS LAST
