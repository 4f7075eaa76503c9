-- The newest forecast of each asset: quantiles per horizon, network and reference walk side by side
-- grain: model_name, asset, horizon_h, level
-- simple_return: The same as simple return
CREATE OR REPLACE VIEW marts.forecast_latest AS
SELECT model_name, model_id, asset, origin_ts, horizon_h, level, log_return, exp(log_return) - 1 AS simple_return,
       origin_close_quote, is_simulated
FROM models.forecasts WHERE purpose = 'live'
QUALIFY origin_ts = max(origin_ts) OVER (PARTITION BY model_name, asset)
    AND ingested_ts = max(ingested_ts) OVER (PARTITION BY model_name, asset, origin_ts);
