-- Walk-forward forecasts with what came: median and 90 % band per origin
-- grain: model_name, asset, origin_ts, horizon_h
-- q05: 5 % quantile (log return)
-- q25: 25 % quantile (log return)
-- q50: Median (log return)
-- q75: 75 % quantile (log return)
-- q95: 95 % quantile (log return)
CREATE OR REPLACE VIEW marts.forecast_history AS
SELECT model_name, asset, origin_ts, horizon_h,
       max(log_return) FILTER (level = 0.05) AS q05, max(log_return) FILTER (level = 0.25) AS q25,
       max(log_return) FILTER (level = 0.5) AS q50, max(log_return) FILTER (level = 0.75) AS q75,
       max(log_return) FILTER (level = 0.95) AS q95, bool_or(is_simulated) AS is_simulated
FROM models.forecasts WHERE purpose = 'evaluation' AND level IN (0.05, 0.25, 0.5, 0.75, 0.95)
GROUP BY ALL;
