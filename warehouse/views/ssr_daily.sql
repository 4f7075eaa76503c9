CREATE OR REPLACE VIEW marts.ssr_daily AS
SELECT coin, (event_ts - INTERVAL 1 DAY)::DATE AS day, available_ts, coin_list, btc_market_cap_usd, supply_par_usd,
       supply_market_usd, ssr_par, ssr_market, oscillator_z, oscillator_pct_b, growth_1d, growth_7d, growth_30d,
       supply_share, n_coins, n_carried, is_simulated
FROM features.ssr_daily;
COMMENT ON VIEW marts.ssr_daily IS 'Stablecoin Supply Ratio per day, in total (coin = ALL) and per coin, with its oscillator';
COMMENT ON COLUMN marts.ssr_daily.coin IS 'Stablecoin, or ALL';
COMMENT ON COLUMN marts.ssr_daily.day IS 'UTC day that the ratio describes';
COMMENT ON COLUMN marts.ssr_daily.available_ts IS 'First moment at which it could be known (UTC)';
COMMENT ON COLUMN marts.ssr_daily.coin_list IS 'Version of the list of coins';
COMMENT ON COLUMN marts.ssr_daily.btc_market_cap_usd IS 'Market capitalisation of BTC (USD)';
COMMENT ON COLUMN marts.ssr_daily.supply_par_usd IS 'Stablecoin supply at one dollar each (USD)';
COMMENT ON COLUMN marts.ssr_daily.supply_market_usd IS 'Stablecoin supply at market prices (USD)';
COMMENT ON COLUMN marts.ssr_daily.ssr_par IS 'BTC market capitalisation ÷ supply at par';
COMMENT ON COLUMN marts.ssr_daily.ssr_market IS 'BTC market capitalisation ÷ supply at market prices';
COMMENT ON COLUMN marts.ssr_daily.oscillator_z IS '(SSR − mean of 200 days) ÷ standard deviation';
COMMENT ON COLUMN marts.ssr_daily.oscillator_pct_b IS 'z/4 + 1/2';
COMMENT ON COLUMN marts.ssr_daily.growth_1d IS 'Growth of supply over 1 day (share)';
COMMENT ON COLUMN marts.ssr_daily.growth_7d IS 'Growth of supply over 7 days (share)';
COMMENT ON COLUMN marts.ssr_daily.growth_30d IS 'Growth of supply over 30 days (share)';
COMMENT ON COLUMN marts.ssr_daily.supply_share IS 'Share of the listed coins’ supply';
COMMENT ON COLUMN marts.ssr_daily.n_coins IS 'Coins with a value for the day';
COMMENT ON COLUMN marts.ssr_daily.n_carried IS 'Coins whose last value was carried forward';
COMMENT ON COLUMN marts.ssr_daily.is_simulated IS 'True where the row comes from the market simulator or rests on it';
