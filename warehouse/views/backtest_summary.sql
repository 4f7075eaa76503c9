-- Figures of each strategy
-- grain: strategy, metric
CREATE OR REPLACE VIEW marts.backtest_summary AS
SELECT strategy, metric, value, low, high, is_simulated FROM models.backtest_metrics;
