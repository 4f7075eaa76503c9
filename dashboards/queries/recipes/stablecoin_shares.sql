-- Which stablecoins make up the supply?
-- chart: bar x=coin y=supply_share
SELECT coin, day, supply_par_usd, supply_share, growth_30d
FROM marts.ssr_daily
WHERE coin <> 'ALL' AND day = (SELECT max(day) FROM marts.ssr_daily)
ORDER BY supply_share DESC
