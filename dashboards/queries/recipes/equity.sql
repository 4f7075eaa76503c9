-- How did the strategy's equity go, beside its rivals?
-- chart: line x=event_ts y=equity by=strategy
FROM marts.backtest_equity
ORDER BY strategy, event_ts
