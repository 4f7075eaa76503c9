-- Equity of each strategy
-- grain: strategy, event_ts
-- event_ts: End of the bar (UTC)
CREATE OR REPLACE VIEW marts.backtest_equity AS
SELECT strategy, event_ts, equity, drawdown, gross_exposure, turnover, cost, is_simulated FROM models.backtest_equity;
