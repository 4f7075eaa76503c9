-- Sharpe ratio of the headline strategy as costs, latency or capital change
-- grain: strategy, axis, x
CREATE OR REPLACE VIEW marts.backtest_curves AS
SELECT strategy, axis, x, sharpe, is_simulated FROM models.backtest_curves;
