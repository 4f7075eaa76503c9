-- Premium of listed funds over the coins that they hold, at the end of New York's session, computed with our own prices
-- grain: fund, day
-- day: Day of trading (UTC day of the session)
CREATE OR REPLACE VIEW marts.fund_premium AS
SELECT fund, asset, ((event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, available_ts, session_end_ts, share_price_usd,
       units_per_share, asset_price_usd, price_at, net_asset_value_usd, premium, premium_stated, premium_z, is_simulated
FROM features.fund_premium;
