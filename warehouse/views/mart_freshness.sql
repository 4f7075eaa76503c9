-- Whether the inputs of each mart are there and fresh as of the newest run
-- grain: mart
-- mart: Mart
-- newest_ts: Newest row (UTC)
-- as_of_ts: Moment that the newest run looked from (UTC)
-- status: fresh, stale or missing
CREATE OR REPLACE VIEW marts.mart_freshness AS
WITH as_of AS (SELECT as_of_ts FROM ops.runs ORDER BY started_ts DESC, run_id DESC LIMIT 1),
newest(mart, newest_ts, fresh_for) AS (
    SELECT 'candles', max(available_ts), INTERVAL 2 DAY FROM core.candles
    UNION ALL SELECT 'ssr_daily', max(available_ts), INTERVAL 3 DAY FROM features.ssr_daily
    UNION ALL SELECT 'forecast_latest', max(origin_ts), INTERVAL 2 DAY FROM models.forecasts WHERE purpose = 'live'
    UNION ALL SELECT 'forecast_skill', max(test_end_ts), INTERVAL 14 DAY FROM models.scores
    UNION ALL SELECT 'release_impact', max(available_ts), INTERVAL 30 DAY FROM models.impact
    UNION ALL SELECT 'release_scored', max(available_ts), INTERVAL 30 DAY FROM models.scored
    UNION ALL SELECT 'backtest_equity', max(event_ts), INTERVAL 14 DAY FROM models.backtest_equity
)
SELECT mart, newest_ts, as_of_ts,
       CASE WHEN newest_ts IS NULL THEN 'missing' WHEN newest_ts < as_of_ts - fresh_for THEN 'stale' ELSE 'fresh' END AS status
FROM newest CROSS JOIN as_of;
