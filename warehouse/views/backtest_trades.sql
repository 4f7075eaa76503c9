-- Every fill of each strategy that is shown in full
-- grain: strategy, event_ts, asset
CREATE OR REPLACE VIEW marts.backtest_trades AS
SELECT strategy, event_ts, asset, usd, price, fee_usd, spread_usd, impact_usd, is_simulated FROM models.backtest_trades;
