-- Width of the default forecast's 90 % band for 24 hours ÷ that of the reference walk, per asset and origin: of the forecast
-- that was written first where an origin was forecast twice.
WITH made AS (
    FROM models.forecasts
    WHERE horizon_h = 24 AND level IN (0.05, 0.95) AND model_name IN ($default, $reference) AND origin_ts <= $ts
),
first AS (
    SELECT model_name, asset, origin_ts, model_id, purpose FROM made
    GROUP BY model_name, asset, origin_ts, model_id, purpose
    QUALIFY row_number() OVER (PARTITION BY model_name, asset, origin_ts ORDER BY min(ingested_ts), model_id, purpose) = 1
),
widths AS (
    SELECT model_name, asset, origin_ts,
           max(log_return) FILTER (level = 0.95) - max(log_return) FILTER (level = 0.05) AS width
    FROM made SEMI JOIN first USING (model_name, asset, origin_ts, model_id, purpose)
    GROUP BY ALL
)
SELECT d.asset, d.origin_ts, d.width / r.width AS ratio
FROM widths d JOIN widths r USING (asset, origin_ts)
WHERE d.model_name = $default AND r.model_name = $reference AND r.width > 0
ORDER BY ALL
