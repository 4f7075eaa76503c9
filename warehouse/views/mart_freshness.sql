-- Whether the inputs of each mart are there and fresh: as of the newest run, and by the clock of who reads
-- grain: mart
-- mart: Mart
-- newest_ts: Newest row (UTC)
-- as_of_ts: Moment that the newest run looked from (UTC)
-- status: fresh, stale or missing as of that moment
-- age_h: Hours since the newest row, by the clock of who reads
-- limit_h: Hours after which it is stale
-- status_now: fresh, stale or missing by the clock: a scheduler that died shows here (a simulated market has another time)
CREATE OR REPLACE VIEW marts.mart_freshness AS
WITH as_of AS (SELECT as_of_ts FROM ops.runs ORDER BY started_ts DESC, run_id DESC LIMIT 1),
newest(mart, newest_ts, limit_h) AS (
    SELECT 'candles', max(available_ts), 48 FROM core.candles
    UNION ALL SELECT 'candles_daily', max(available_ts), 48 FROM features.asset_daily
    UNION ALL SELECT 'ssr_daily', max(available_ts), 72 FROM features.ssr_daily
    UNION ALL SELECT 'forecast_latest', max(origin_ts), 48 FROM models.forecasts WHERE purpose = 'live'
    UNION ALL SELECT 'forecast_skill', max(test_end_ts), 336 FROM models.scores
    UNION ALL SELECT 'release_impact', max(available_ts), 720 FROM models.impact
    UNION ALL SELECT 'release_scored', max(available_ts), 720 FROM models.scored
    UNION ALL SELECT 'backtest_equity', max(event_ts), 336 FROM models.backtest_equity
)
SELECT mart, newest_ts, as_of_ts,
       CASE WHEN newest_ts IS NULL THEN 'missing' WHEN newest_ts < as_of_ts - to_hours(limit_h) THEN 'stale' ELSE 'fresh' END AS status,
       date_diff('minute', newest_ts, now()) / 60 AS age_h, limit_h,
       CASE WHEN newest_ts IS NULL THEN 'missing' WHEN newest_ts < now() - to_hours(limit_h) THEN 'stale' ELSE 'fresh' END AS status_now
FROM newest CROSS JOIN as_of;
