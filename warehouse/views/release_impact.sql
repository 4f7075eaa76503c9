CREATE OR REPLACE VIEW marts.release_impact AS
SELECT i.study_id, i.doc_id, d.title, i.asset, i.release_group, i.window_h, i.benchmark, i.timeframe, i.event_ts,
       i.base_ts, i.available_ts, i.car, i.bhar, i.sigma, i.scaled_move, i.placebo_move, i.excess_move, i.n_placebo,
       i.forecast_quantile, i.peak_car, i.time_to_peak_h, i.reversal_share, i.is_late_stamp, i.is_simulated
FROM models.impact i LEFT JOIN core.documents d USING (doc_id);
COMMENT ON VIEW marts.release_impact IS 'Realised impact of each release, per window and benchmark';
COMMENT ON COLUMN marts.release_impact.study_id IS 'Study, named after its candles';
COMMENT ON COLUMN marts.release_impact.doc_id IS 'Document';
COMMENT ON COLUMN marts.release_impact.title IS 'Headline';
COMMENT ON COLUMN marts.release_impact.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.release_impact.release_group IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN marts.release_impact.window_h IS 'Window after the release (hours)';
COMMENT ON COLUMN marts.release_impact.benchmark IS 'reference_walk, mean, market or transformer';
COMMENT ON COLUMN marts.release_impact.timeframe IS 'Candles used';
COMMENT ON COLUMN marts.release_impact.event_ts IS 'Release (UTC)';
COMMENT ON COLUMN marts.release_impact.base_ts IS 'Close that the move is measured from (UTC)';
COMMENT ON COLUMN marts.release_impact.available_ts IS 'End of the window (UTC)';
COMMENT ON COLUMN marts.release_impact.car IS 'Cumulative abnormal return (log)';
COMMENT ON COLUMN marts.release_impact.bhar IS 'Buy-and-hold abnormal return (simple)';
COMMENT ON COLUMN marts.release_impact.sigma IS 'Reference walk’s sigma for the window';
COMMENT ON COLUMN marts.release_impact.scaled_move IS '|CAR| ÷ sigma';
COMMENT ON COLUMN marts.release_impact.placebo_move IS 'The same at matched placebo times';
COMMENT ON COLUMN marts.release_impact.excess_move IS 'scaled_move − placebo_move';
COMMENT ON COLUMN marts.release_impact.n_placebo IS 'Matched placebo times';
COMMENT ON COLUMN marts.release_impact.forecast_quantile IS 'Where the move fell in the network’s forecast';
COMMENT ON COLUMN marts.release_impact.peak_car IS 'CAR of largest size in the window (log)';
COMMENT ON COLUMN marts.release_impact.time_to_peak_h IS 'Hours to it';
COMMENT ON COLUMN marts.release_impact.reversal_share IS 'Share of the peak given back by the end of the window';
COMMENT ON COLUMN marts.release_impact.is_late_stamp IS 'True where the time is of the first report';
COMMENT ON COLUMN marts.release_impact.is_simulated IS 'True where the row comes from the market simulator or rests on it';
