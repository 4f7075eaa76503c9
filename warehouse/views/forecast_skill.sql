CREATE OR REPLACE VIEW marts.forecast_skill AS
SELECT model_name, asset, horizon_h, metric, value, low, high, p_value, n_origins, test_start_ts, test_end_ts,
       is_simulated
FROM models.scores WHERE metric NOT LIKE 'pit_%' AND regime = 'all';
COMMENT ON VIEW marts.forecast_skill IS 'Walk-forward scores beside the reference walk; asset ALL and horizon 0 stand for all together';
COMMENT ON COLUMN marts.forecast_skill.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.forecast_skill.asset IS 'Canonical ticker, or ALL';
COMMENT ON COLUMN marts.forecast_skill.horizon_h IS 'Hours ahead; 0 = all horizons';
COMMENT ON COLUMN marts.forecast_skill.metric IS 'crps, crps_skill (1 − ratio to the reference walk), ratio_to_volatility_walk, dm_hln, coverage_90, mae_ratio, direction, clark_west, pesaran_timmermann, confidence_set (1: in it)';
COMMENT ON COLUMN marts.forecast_skill.value IS 'Value';
COMMENT ON COLUMN marts.forecast_skill.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.forecast_skill.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.forecast_skill.p_value IS 'p-value of the metric’s test; two-sided where it compares losses';
COMMENT ON COLUMN marts.forecast_skill.n_origins IS 'Origins scored';
COMMENT ON COLUMN marts.forecast_skill.test_start_ts IS 'First origin (UTC)';
COMMENT ON COLUMN marts.forecast_skill.test_end_ts IS 'Last origin (UTC)';
COMMENT ON COLUMN marts.forecast_skill.is_simulated IS 'True where the row comes from the market simulator or rests on it';
