CREATE OR REPLACE VIEW marts.forecast_latest AS
SELECT model_name, model_id, asset, origin_ts, horizon_h, level, log_return, exp(log_return) - 1 AS simple_return,
       is_simulated
FROM models.forecasts WHERE purpose = 'live'
QUALIFY origin_ts = max(origin_ts) OVER (PARTITION BY model_name, asset)
    AND ingested_ts = max(ingested_ts) OVER (PARTITION BY model_name, asset, origin_ts);
COMMENT ON VIEW marts.forecast_latest IS 'The newest forecast of each asset: quantiles per horizon, network and reference walk side by side';
COMMENT ON COLUMN marts.forecast_latest.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.forecast_latest.model_id IS 'Model';
COMMENT ON COLUMN marts.forecast_latest.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.forecast_latest.origin_ts IS 'Close that the forecast starts from (UTC)';
COMMENT ON COLUMN marts.forecast_latest.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.forecast_latest.level IS 'Probability level';
COMMENT ON COLUMN marts.forecast_latest.log_return IS 'Quantile of the cumulative log return';
COMMENT ON COLUMN marts.forecast_latest.simple_return IS 'The same as simple return';
COMMENT ON COLUMN marts.forecast_latest.is_simulated IS 'True where the row comes from the market simulator or rests on it';
