CREATE OR REPLACE VIEW marts.backtest_summary AS
SELECT strategy, metric, value, low, high, is_simulated FROM models.backtest_metrics;
COMMENT ON VIEW marts.backtest_summary IS 'Figures of each strategy';
COMMENT ON COLUMN marts.backtest_summary.strategy IS 'Strategy';
COMMENT ON COLUMN marts.backtest_summary.metric IS 'Figure';
COMMENT ON COLUMN marts.backtest_summary.value IS 'Value';
COMMENT ON COLUMN marts.backtest_summary.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.backtest_summary.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.backtest_summary.is_simulated IS 'True where the row comes from the market simulator or rests on it';
