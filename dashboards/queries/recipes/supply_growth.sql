-- Which stablecoins grew and shrank over 30 days?
-- chart: bar x=coin y=growth_30d
SELECT coin, source, day, supply_usd, growth_1d, growth_7d, growth_30d
FROM marts.stablecoins
WHERE chain = 'all'
QUALIFY day = max(day) OVER (PARTITION BY coin, source)
ORDER BY growth_30d DESC NULLS LAST
