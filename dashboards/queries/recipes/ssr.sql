-- Where does the Stablecoin Supply Ratio stand, and how unusual is that?
-- chart: line x=day y=oscillator_z
SELECT day, ssr_par, ssr_market, oscillator_z, oscillator_pct_b, growth_30d, n_carried, absent_coins
FROM marts.ssr_daily
WHERE coin = 'ALL'
ORDER BY day
