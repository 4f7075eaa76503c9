-- The five deepest falls of each strategy
-- grain: strategy, place
CREATE OR REPLACE VIEW marts.backtest_drawdowns AS
SELECT strategy, place, high_day, low_day, recovered_day, depth, length_days, is_simulated FROM models.backtest_drawdowns;
