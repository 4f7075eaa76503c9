-- Figures of each strategy, with intervals, or why they are blank
-- grain: strategy, metric
CREATE OR REPLACE VIEW marts.backtest_summary AS
SELECT strategy, metric, value, low, high, why, is_simulated FROM models.backtest_metrics;
