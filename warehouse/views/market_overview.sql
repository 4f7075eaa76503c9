-- The market this morning: each asset that traded in the past two days, what swaps pay, what was written, tomorrow's range
-- grain: asset
-- day: Newest UTC day with a price
-- funding_rate_per_year: Newest rate of its swaps, on average, over a year (share of notional; longs pay where positive)
-- n_swaps: Swaps whose funding is known for the past two days
-- stories_24h: Stories on it that became available in the 24 hours up to available_ts; copies count once
-- stories_usual: The same per 24 hours, on average over the 30 days before
-- forecast_origin_ts: Close that the newest default forecast starts from (UTC)
-- origin_close_quote: That close (quote currency)
-- price_low_24h: Price 24 hours after it that is undercut with probability 5 % (quote currency)
-- price_median_24h: Median of the price 24 hours after it (quote currency)
-- price_high_24h: Price 24 hours after it that is exceeded with probability 5 % (quote currency)
CREATE OR REPLACE VIEW marts.market_overview AS
WITH newest AS (
    FROM features.asset_daily
    WHERE close_quote IS NOT NULL AND event_ts > (SELECT max(event_ts) FROM features.asset_daily) - INTERVAL 2 DAY
    QUALIFY event_ts = max(event_ts) OVER (PARTITION BY asset)
),
swaps AS (
    SELECT asset, exchange, symbol, arg_max(funding_rate_per_hour, event_ts) AS per_hour, max(event_ts) AS settled_ts
    FROM features.funding_hourly WHERE funding_rate_per_hour IS NOT NULL GROUP BY ALL
),
paid AS (
    SELECT n.asset, avg(per_hour) * 24 * 365 AS funding_rate_per_year, count(*) AS n_swaps
    FROM newest n JOIN swaps s ON s.asset = n.asset AND s.settled_ts > n.available_ts - INTERVAL 2 DAY GROUP BY ALL
),
written AS (
    SELECT n.asset, coalesce(sum(h.documents_1h) FILTER (h.available_ts > n.available_ts - INTERVAL 1 DAY), 0)::INTEGER AS stories_24h,
           coalesce(sum(h.documents_1h) FILTER (h.available_ts <= n.available_ts - INTERVAL 1 DAY), 0) / 30 AS stories_usual
    FROM newest n LEFT JOIN features.news_hourly h
        ON h.asset = n.asset AND h.available_ts BETWEEN n.available_ts - INTERVAL 31 DAY AND n.available_ts
    GROUP BY ALL
),
expected AS (
    SELECT asset, origin_ts AS forecast_origin_ts, origin_close_quote,
           max(origin_close_quote * exp(log_return)) FILTER (level = 0.05) AS price_low_24h,
           max(origin_close_quote * exp(log_return)) FILTER (level = 0.5) AS price_median_24h,
           max(origin_close_quote * exp(log_return)) FILTER (level = 0.95) AS price_high_24h
    FROM marts.forecast_latest WHERE model_name = 'tapewire' AND horizon_h = 24 GROUP BY ALL
)
SELECT n.asset, ((n.event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, n.available_ts, n.close_quote, n.return_1d, n.return_7d,
       n.return_30d, n.return_90d, n.volume_quote, n.volume_ratio, n.volatility_30d, n.volatility_percentile, n.drawdown,
       n.beta_btc_90d, n.correlation_btc_90d, p.funding_rate_per_year, coalesce(p.n_swaps, 0) AS n_swaps,
       w.stories_24h, w.stories_usual, e.forecast_origin_ts, e.origin_close_quote, e.price_low_24h, e.price_median_24h,
       e.price_high_24h, n.is_simulated
FROM newest n LEFT JOIN paid p USING (asset) LEFT JOIN written w USING (asset) LEFT JOIN expected e USING (asset);
