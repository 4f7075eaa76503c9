-- What each strategy held of each asset at the end of each UTC day on which it held some
-- grain: strategy, asset, day
CREATE OR REPLACE VIEW marts.backtest_positions AS
SELECT strategy, asset, day, position_usd, weight, is_simulated FROM models.backtest_positions WHERE position_usd <> 0;
