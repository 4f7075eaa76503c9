-- In which range does each price lie tomorrow, with 90 % probability?
SELECT asset, forecast_origin_ts, origin_close_quote, price_low_24h, price_median_24h, price_high_24h,
       price_high_24h / price_low_24h - 1 AS width
FROM marts.market_overview
WHERE price_low_24h IS NOT NULL
ORDER BY width DESC
