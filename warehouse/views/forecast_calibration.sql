CREATE OR REPLACE VIEW marts.forecast_calibration AS
SELECT model_name, asset, horizon_h, replace(metric, 'pit_', '')::INTEGER AS tenth, value AS share, n_origins,
       is_simulated
FROM models.scores WHERE metric LIKE 'pit_%' AND regime = 'all';
COMMENT ON VIEW marts.forecast_calibration IS 'PIT histogram: share of outcomes in each tenth of the forecast distribution; 0.1 is perfect';
COMMENT ON COLUMN marts.forecast_calibration.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.forecast_calibration.asset IS 'Canonical ticker, or ALL';
COMMENT ON COLUMN marts.forecast_calibration.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.forecast_calibration.tenth IS 'Tenth of the distribution, 0 to 9';
COMMENT ON COLUMN marts.forecast_calibration.share IS 'Share of outcomes in it';
COMMENT ON COLUMN marts.forecast_calibration.n_origins IS 'Origins scored';
COMMENT ON COLUMN marts.forecast_calibration.is_simulated IS 'True where the row comes from the market simulator or rests on it';
