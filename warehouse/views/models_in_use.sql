-- The models behind the newest live forecasts: what they are made of, trained on, and by which code
-- grain: model_name
-- made_of: Models whose quantiles are averaged, each with the same weight; the model itself where it stands alone
-- train_start_ts: First origin of the training span of its network (UTC); null for models without one
-- retrain_every_days: Days after which its network is trained anew
-- run_id: Run that made the newest forecast
-- settings: JSON of the network's hyper-parameters; null for models without one
CREATE OR REPLACE VIEW marts.models_in_use AS
WITH newest AS (
    SELECT model_name, model_id, origin_ts, run_id, is_simulated
    FROM models.forecasts WHERE purpose = 'live'
    QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY origin_ts DESC, ingested_ts DESC, model_id) = 1
),
networks AS (
    SELECT model_id, train_start_ts, train_end_ts, settings FROM models.training_runs
    UNION ALL
    SELECT replace(model_id, 'patch_transformer', 'tapewire'), train_start_ts, train_end_ts, settings
    FROM models.training_runs WHERE model_name = 'patch_transformer'
)
SELECT n.model_name, n.model_id, n.origin_ts,
       CASE WHEN n.model_name = 'tapewire' THEN json_extract(r.settings, '$.forecast.blend')::VARCHAR[] ELSE [n.model_name] END AS made_of,
       t.train_start_ts, t.train_end_ts,
       CASE WHEN t.model_id IS NOT NULL THEN json_extract_string(r.settings, '$.forecast.retrain_every_days')::DOUBLE END AS retrain_every_days,
       n.run_id, r.code_fingerprint, t.settings, n.is_simulated
FROM newest n LEFT JOIN networks t USING (model_id) LEFT JOIN ops.runs r USING (run_id);
