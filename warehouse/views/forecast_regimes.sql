CREATE OR REPLACE VIEW marts.forecast_regimes AS
SELECT model_name, regime, horizon_h, metric, value, low, high, p_value, n_origins, is_simulated
FROM models.scores WHERE regime <> 'all' AND metric NOT LIKE 'pit_%';
COMMENT ON VIEW marts.forecast_regimes IS 'Walk-forward scores by the state of the market at the origin';
COMMENT ON COLUMN marts.forecast_regimes.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.forecast_regimes.regime IS 'calm, normal or turbulent: thirds of the market’s volatility against its month, cut where the hours before the test span cut them';
COMMENT ON COLUMN marts.forecast_regimes.horizon_h IS 'Hours ahead; 0 = all horizons';
COMMENT ON COLUMN marts.forecast_regimes.metric IS 'As in marts.forecast_skill';
COMMENT ON COLUMN marts.forecast_regimes.value IS 'Value';
COMMENT ON COLUMN marts.forecast_regimes.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.forecast_regimes.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.forecast_regimes.p_value IS 'p-value of the metric’s test';
COMMENT ON COLUMN marts.forecast_regimes.n_origins IS 'Origins scored';
COMMENT ON COLUMN marts.forecast_regimes.is_simulated IS 'True where the row comes from the market simulator or rests on it';
