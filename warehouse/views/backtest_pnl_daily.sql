-- Profit and loss of each strategy by asset and UTC day: gross, each cost, net (USD)
-- grain: strategy, asset, day
CREATE OR REPLACE VIEW marts.backtest_pnl_daily AS
SELECT
    strategy, asset, day, gross_usd, long_usd, fee_usd, spread_usd, impact_usd, carry_usd, delisted_usd, net_usd,
    is_simulated
FROM models.backtest_positions;
