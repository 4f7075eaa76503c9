CREATE OR REPLACE VIEW marts.forecast_history AS
SELECT model_name, asset, origin_ts, horizon_h,
       max(log_return) FILTER (level = 0.05) AS q05, max(log_return) FILTER (level = 0.25) AS q25,
       max(log_return) FILTER (level = 0.5) AS q50, max(log_return) FILTER (level = 0.75) AS q75,
       max(log_return) FILTER (level = 0.95) AS q95, bool_or(is_simulated) AS is_simulated
FROM models.forecasts WHERE purpose = 'evaluation' AND level IN (0.05, 0.25, 0.5, 0.75, 0.95)
GROUP BY ALL;
COMMENT ON VIEW marts.forecast_history IS 'Walk-forward forecasts with what came: median and 90 % band per origin';
COMMENT ON COLUMN marts.forecast_history.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.forecast_history.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.forecast_history.origin_ts IS 'Origin (UTC)';
COMMENT ON COLUMN marts.forecast_history.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.forecast_history.q05 IS '5 % quantile (log return)';
COMMENT ON COLUMN marts.forecast_history.q25 IS '25 % quantile (log return)';
COMMENT ON COLUMN marts.forecast_history.q50 IS 'Median (log return)';
COMMENT ON COLUMN marts.forecast_history.q75 IS '75 % quantile (log return)';
COMMENT ON COLUMN marts.forecast_history.q95 IS '95 % quantile (log return)';
COMMENT ON COLUMN marts.forecast_history.is_simulated IS 'True where the row comes from the market simulator or rests on it';
