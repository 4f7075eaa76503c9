-- PIT histogram: share of outcomes in each tenth of the forecast distribution; 0.1 is perfect
-- grain: model_name, asset, horizon_h, tenth
-- tenth: Tenth of the distribution, 0 to 9
-- share: Share of outcomes in it
CREATE OR REPLACE VIEW marts.forecast_calibration AS
SELECT model_name, asset, horizon_h, replace(metric, 'pit_', '')::INTEGER AS tenth, value AS share, n_origins,
       is_simulated
FROM models.scores WHERE metric LIKE 'pit_%' AND regime = 'all';
