-- Walk-forward scores by the state of the market at the origin
-- grain: model_name, regime, horizon_h, metric
-- regime: calm, normal or turbulent: thirds of the market's volatility against its month, cut where the hours before the test span cut them
-- metric: As in marts.forecast_skill
CREATE OR REPLACE VIEW marts.forecast_regimes AS
SELECT model_name, regime, horizon_h, metric, value, low, high, p_value, n_origins, is_simulated
FROM models.scores WHERE regime <> 'all' AND metric NOT LIKE 'pit_%';
