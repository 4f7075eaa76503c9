-- Equity of each strategy at the end of each UTC day, before and after costs
-- grain: strategy, event_ts
-- event_ts: End of the day (UTC)
CREATE OR REPLACE VIEW marts.backtest_equity AS
SELECT
    strategy, role, event_ts, equity, gross_equity, scaled_equity, daily_return, drawdown, gross_exposure, net_exposure,
    turnover, rolling_sharpe, rolling_beta, is_simulated
FROM models.backtest_equity;
