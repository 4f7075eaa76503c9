-- Stablecoin Supply Ratio per day, in total (coin = ALL) and per coin, with its oscillator
-- grain: coin, day
-- day: UTC day that the ratio describes
CREATE OR REPLACE VIEW marts.ssr_daily AS
SELECT coin, ((event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, available_ts, coin_list, btc_market_cap_usd, supply_par_usd,
       supply_market_usd, ssr_par, ssr_market, oscillator_z, oscillator_pct_b, growth_1d, growth_7d, growth_30d,
       supply_share, n_coins, n_carried, absent_coins, is_simulated
FROM features.ssr_daily;
