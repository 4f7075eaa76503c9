-- How far is each asset below its highest close?
-- chart: bar x=asset y=drawdown
SELECT asset, day, close_quote, drawdown
FROM marts.market_overview
ORDER BY drawdown
