-- Every live forecast ever made, with what came, beside the reference walk of the same origin
-- grain: model_name, asset, origin_ts, horizon_h
-- due_ts: When its horizon ended (UTC)
CREATE OR REPLACE VIEW marts.live_track_record AS
SELECT model_name, model_id, asset, origin_ts, horizon_h, origin_ts + to_hours(horizon_h) AS due_ts, q05, q50, q95, realised,
       is_inside_90, crps, crps_walk, is_simulated
FROM models.live_record;
