-- Every mart: what it holds, what a row is, how many there are, the newest moment in it
-- grain: mart
-- about: What it holds
-- one_row_per: Columns that identify a row
-- n_rows: Rows
-- newest_ts: Newest moment or day that a row speaks of (UTC); null where rows have none
-- age_h: Hours since then, by the clock of who reads
-- limit_h: Hours after which it is stale; null where that is not watched
CREATE OR REPLACE VIEW marts.catalog AS
WITH counted(mart, n_rows, newest_ts) AS (
    SELECT 'backtest_curves', count(*), NULL::TIMESTAMPTZ FROM marts.backtest_curves
    UNION ALL
    SELECT 'backtest_drawdowns', count(*), NULL::TIMESTAMPTZ FROM marts.backtest_drawdowns
    UNION ALL
    SELECT 'backtest_equity', count(*), max(event_ts) FROM marts.backtest_equity
    UNION ALL
    SELECT 'backtest_pnl_daily', count(*), max(day)::TIMESTAMP AT TIME ZONE 'UTC' FROM marts.backtest_pnl_daily
    UNION ALL
    SELECT 'backtest_positions', count(*), max(day)::TIMESTAMP AT TIME ZONE 'UTC' FROM marts.backtest_positions
    UNION ALL
    SELECT 'backtest_summary', count(*), NULL::TIMESTAMPTZ FROM marts.backtest_summary
    UNION ALL
    SELECT 'backtest_trades', count(*), max(event_ts) FROM marts.backtest_trades
    UNION ALL
    SELECT 'backtest_trials', count(*), max(last_day)::TIMESTAMP AT TIME ZONE 'UTC' FROM marts.backtest_trials
    UNION ALL
    SELECT 'candle_features', count(*), max(available_ts) FROM marts.candle_features
    UNION ALL
    SELECT 'candles', count(*), max(available_ts) FROM marts.candles
    UNION ALL
    SELECT 'candles_daily', count(*), max(available_ts) FROM marts.candles_daily
    UNION ALL
    SELECT 'data_health', count(*), max(as_of_ts) FROM marts.data_health
    UNION ALL
    SELECT 'detection', count(*), NULL::TIMESTAMPTZ FROM marts.detection
    UNION ALL
    SELECT 'forecast_calibration', count(*), NULL::TIMESTAMPTZ FROM marts.forecast_calibration
    UNION ALL
    SELECT 'forecast_explanations', count(*), max(origin_ts) FROM marts.forecast_explanations
    UNION ALL
    SELECT 'forecast_history', count(*), max(origin_ts) FROM marts.forecast_history
    UNION ALL
    SELECT 'forecast_latest', count(*), max(origin_ts) FROM marts.forecast_latest
    UNION ALL
    SELECT 'forecast_regimes', count(*), NULL::TIMESTAMPTZ FROM marts.forecast_regimes
    UNION ALL
    SELECT 'forecast_skill', count(*), max(test_end_ts) FROM marts.forecast_skill
    UNION ALL
    SELECT 'fund_premium', count(*), max(available_ts) FROM marts.fund_premium
    UNION ALL
    SELECT 'funding', count(*), max(available_ts) FROM marts.funding
    UNION ALL
    SELECT 'generated_against_real', count(*), NULL::TIMESTAMPTZ FROM marts.generated_against_real
    UNION ALL
    SELECT 'generated_releases', count(*), NULL::TIMESTAMPTZ FROM marts.generated_releases
    UNION ALL
    SELECT 'impact_conclusions', count(*), NULL::TIMESTAMPTZ FROM marts.impact_conclusions
    UNION ALL
    SELECT 'impact_controls', count(*), NULL::TIMESTAMPTZ FROM marts.impact_controls
    UNION ALL
    SELECT 'impact_coverage', count(*), NULL::TIMESTAMPTZ FROM marts.impact_coverage
    UNION ALL
    SELECT 'impact_paths', count(*), NULL::TIMESTAMPTZ FROM marts.impact_paths
    UNION ALL
    SELECT 'impact_response', count(*), NULL::TIMESTAMPTZ FROM marts.impact_response
    UNION ALL
    SELECT 'impact_tests', count(*), NULL::TIMESTAMPTZ FROM marts.impact_tests
    UNION ALL
    SELECT 'known_cases', count(*), max(event_ts) FROM marts.known_cases
    UNION ALL
    SELECT 'known_fabrications', count(*), max(event_ts) FROM marts.known_fabrications
    UNION ALL
    SELECT 'live_skill', count(*), max(day)::TIMESTAMP AT TIME ZONE 'UTC' FROM marts.live_skill
    UNION ALL
    SELECT 'live_track_record', count(*), max(origin_ts) FROM marts.live_track_record
    UNION ALL
    SELECT 'macro_calendar', count(*), max(event_ts) FROM marts.macro_calendar
    UNION ALL
    SELECT 'market_daily', count(*), max(available_ts) FROM marts.market_daily
    UNION ALL
    SELECT 'market_overview', count(*), max(available_ts) FROM marts.market_overview
    UNION ALL
    SELECT 'market_series', count(*), max(available_ts) FROM marts.market_series
    UNION ALL
    SELECT 'mart_freshness', count(*), max(as_of_ts) FROM marts.mart_freshness
    UNION ALL
    SELECT 'models_in_use', count(*), max(origin_ts) FROM marts.models_in_use
    UNION ALL
    SELECT 'other_words', count(*), max(available_ts) FROM marts.other_words
    UNION ALL
    SELECT 'release_alerts', count(*), max(available_ts) FROM marts.release_alerts
    UNION ALL
    SELECT 'release_impact', count(*), max(available_ts) FROM marts.release_impact
    UNION ALL
    SELECT 'release_scored', count(*), max(available_ts) FROM marts.release_scored
    UNION ALL
    SELECT 'releases', count(*), max(available_ts) FROM marts.releases
    UNION ALL
    SELECT 'response_expected', count(*), max(available_ts) FROM marts.response_expected
    UNION ALL
    SELECT 'response_record', count(*), NULL::TIMESTAMPTZ FROM marts.response_record
    UNION ALL
    SELECT 'signal_record', count(*), max(last_ts) FROM marts.signal_record
    UNION ALL
    SELECT 'signal_values', count(*), max(available_ts) FROM marts.signal_values
    UNION ALL
    SELECT 'signals', count(*), max(available_ts) FROM marts.signals
    UNION ALL
    SELECT 'similar_releases', count(*), max(available_ts) FROM marts.similar_releases
    UNION ALL
    SELECT 'sources', count(*), NULL::TIMESTAMPTZ FROM marts.sources
    UNION ALL
    SELECT 'ssr_daily', count(*), max(available_ts) FROM marts.ssr_daily
    UNION ALL
    SELECT 'stablecoins', count(*), max(available_ts) FROM marts.stablecoins
    UNION ALL
    SELECT 'stories', count(*), max(last_ts) FROM marts.stories
    UNION ALL
    SELECT 'story_alarms', count(*), NULL::TIMESTAMPTZ FROM marts.story_alarms
    UNION ALL
    SELECT 'text_quality', count(*), NULL::TIMESTAMPTZ FROM marts.text_quality
    UNION ALL
    SELECT 'training_runs', count(*), max(train_end_ts) FROM marts.training_runs
),
said AS (SELECT view_name AS mart, any_value(comment) AS said FROM duckdb_views() WHERE schema_name = 'marts' GROUP BY ALL)
SELECT mart, split_part(said, '. One row per ', 1) AS about, split_part(said, '. One row per ', 2) AS one_row_per, n_rows, c.newest_ts,
       date_diff('minute', c.newest_ts, now()) / 60 AS age_h, f.limit_h
FROM counted c LEFT JOIN said USING (mart) LEFT JOIN marts.mart_freshness f USING (mart);
