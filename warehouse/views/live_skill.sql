-- How live forecasts did over the 30 days up to each day: share inside the 90 % band, CRPS beside the walk's
-- grain: model_name, horizon_h, day
-- day: UTC day of the newest origin that is counted
-- n_forecasts: Forecasts of the 30 days whose outcome is known
-- inside_90: Share of them that fell into the 90 % band
-- crps: Mean CRPS (log return)
-- crps_walk: The same of the reference walk
-- skill: 1 − CRPS ÷ the walk's; a record of few days says nothing
CREATE OR REPLACE VIEW marts.live_skill AS
WITH daily AS (
    SELECT model_name, horizon_h, (origin_ts AT TIME ZONE 'UTC')::DATE AS day, count(*) AS n, sum(is_inside_90::INTEGER) AS inside,
           sum(crps) AS crps, sum(crps_walk) AS crps_walk, bool_or(is_simulated) AS is_simulated
    FROM models.live_record WHERE crps IS NOT NULL AND crps_walk IS NOT NULL GROUP BY ALL
)
SELECT model_name, horizon_h, day, sum(n) OVER past AS n_forecasts, sum(inside) OVER past / sum(n) OVER past AS inside_90,
       sum(crps) OVER past / sum(n) OVER past AS crps, sum(crps_walk) OVER past / sum(n) OVER past AS crps_walk,
       1 - sum(crps) OVER past / sum(crps_walk) OVER past AS skill, is_simulated
FROM daily
WINDOW past AS (PARTITION BY model_name, horizon_h ORDER BY day RANGE BETWEEN INTERVAL 29 DAY PRECEDING AND CURRENT ROW);
