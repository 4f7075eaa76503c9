-- Realised impact of each release, per window (negative: before it) and benchmark
-- grain: study_id, doc_id, asset, window_h, benchmark
-- study_id: Study, named after its candles
-- n_placebo: Placebo times; null for benchmarks that are not held against any
-- peak_car: CAR at its largest size; null in a window of one bar
-- time_to_peak_h: Hours to it; null in a window of one bar
CREATE OR REPLACE VIEW marts.release_impact AS
SELECT i.study_id, i.doc_id, d.title, i.asset, i.window_h, i.benchmark, i.event_ts, i.available_ts, i.base_ts,
       i.timeframe, coalesce(d.release_group, i.release_group) AS release_group, i.is_late_stamp, i.car, i.bhar, i.sigma, i.scaled_move, i.placebo_move,
       i.excess_move, i.excess_move_after_stamp, i.placebo_score,
       CASE WHEN i.benchmark IN ('reference_walk', 'residual') THEN i.n_placebo END AS n_placebo, i.confounded_by, i.forecast_quantile,
       CASE WHEN i.window_h > b.hours THEN i.peak_car END AS peak_car,
       CASE WHEN i.window_h > b.hours THEN i.time_to_peak_h END AS time_to_peak_h, i.reversal_share, i.half_life_h, i.abnormal_volume, i.abnormal_volatility, i.n_overlapping, i.is_simulated
FROM models.impact i LEFT JOIN core.labelled_documents d USING (doc_id)
LEFT JOIN (VALUES ('1m', 1.0 / 60), ('5m', 1.0 / 12), ('15m', 0.25), ('1h', 1.0), ('1d', 24.0)) AS b(timeframe, hours)
    ON b.timeframe = i.timeframe;
