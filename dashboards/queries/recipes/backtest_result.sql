-- What did the headline strategy earn, before and after costs?
SELECT strategy, metric, value, low, high, why
FROM marts.backtest_summary
ORDER BY strategy, metric
