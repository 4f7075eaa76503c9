-- When did a stablecoin leave its peg by more than half a per cent?
-- chart: points x=day y=peg_deviation by=coin
SELECT coin, day, price_usd, peg_deviation, supply_usd, growth_7d
FROM marts.stablecoins
WHERE chain = 'all' AND abs(peg_deviation) > 0.005
ORDER BY day, coin
