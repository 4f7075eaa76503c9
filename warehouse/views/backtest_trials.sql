-- Every configuration that was ever backtested here
-- grain: trial_id
CREATE OR REPLACE VIEW marts.backtest_trials AS
SELECT
    trial_id, strategy, model_name, rule, horizon_h, side, strength, first_tried_ts, first_day, last_day, sharpe,
    annual_return, max_drawdown, settings, terms, is_simulated
FROM models.backtest_trials;
