-- Which models made the newest forecasts, and what were they trained on?
SELECT model_name, made_of, origin_ts, train_start_ts, train_end_ts, retrain_every_days, model_id, code_fingerprint
FROM marts.models_in_use
ORDER BY model_name
