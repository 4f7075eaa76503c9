-- Do listed funds trade above or below their coins?
-- chart: line x=day y=premium by=fund
SELECT fund, day, share_price_usd, net_asset_value_usd, premium, premium_stated, premium_z, price_at
FROM marts.fund_premium
ORDER BY fund, day
