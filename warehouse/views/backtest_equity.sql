CREATE OR REPLACE VIEW marts.backtest_equity AS
SELECT strategy, event_ts, equity, drawdown, gross_exposure, turnover, cost, is_simulated FROM models.backtest_equity;
COMMENT ON VIEW marts.backtest_equity IS 'Equity of each strategy';
COMMENT ON COLUMN marts.backtest_equity.strategy IS 'Strategy';
COMMENT ON COLUMN marts.backtest_equity.event_ts IS 'End of the bar (UTC)';
COMMENT ON COLUMN marts.backtest_equity.equity IS 'Capital, 1 at the start, after costs';
COMMENT ON COLUMN marts.backtest_equity.drawdown IS 'Fall from the highest equity so far (share)';
COMMENT ON COLUMN marts.backtest_equity.gross_exposure IS 'Sum of |weights|';
COMMENT ON COLUMN marts.backtest_equity.turnover IS 'Sum of |changes of weight|';
COMMENT ON COLUMN marts.backtest_equity.cost IS 'Costs (share of capital)';
COMMENT ON COLUMN marts.backtest_equity.is_simulated IS 'True where the row comes from the market simulator or rests on it';
