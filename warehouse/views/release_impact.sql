CREATE OR REPLACE VIEW marts.release_impact AS
SELECT i.study_id, i.doc_id, d.title, i.asset, i.window_h, i.benchmark, i.event_ts, i.available_ts, i.base_ts,
       i.timeframe, i.release_group, i.is_late_stamp, i.car, i.bhar, i.sigma, i.scaled_move, i.placebo_move,
       i.excess_move, i.n_placebo, i.forecast_quantile, i.peak_car, i.time_to_peak_h, i.reversal_share,
       i.half_life_h, i.pre_release_car, i.abnormal_volume, i.abnormal_volatility, i.n_overlapping, i.is_simulated
FROM models.impact i LEFT JOIN core.documents d USING (doc_id);
COMMENT ON VIEW marts.release_impact IS 'Realised impact of each release, per window and benchmark';
COMMENT ON COLUMN marts.release_impact.study_id IS 'Study, named after its candles';
COMMENT ON COLUMN marts.release_impact.doc_id IS 'Document (core.documents)';
COMMENT ON COLUMN marts.release_impact.title IS 'Headline';
COMMENT ON COLUMN marts.release_impact.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.release_impact.window_h IS 'Length of the window after the release (hours)';
COMMENT ON COLUMN marts.release_impact.benchmark IS 'reference_walk, mean, market_adjusted, market or transformer';
COMMENT ON COLUMN marts.release_impact.event_ts IS 'First public time of the release (UTC)';
COMMENT ON COLUMN marts.release_impact.available_ts IS 'End of the window (UTC)';
COMMENT ON COLUMN marts.release_impact.base_ts IS 'Close that the move is measured from: the last at or before the release (UTC)';
COMMENT ON COLUMN marts.release_impact.timeframe IS 'Candles that were used';
COMMENT ON COLUMN marts.release_impact.release_group IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN marts.release_impact.is_late_stamp IS 'True where the time is of the first report';
COMMENT ON COLUMN marts.release_impact.car IS 'Cumulative abnormal return (log)';
COMMENT ON COLUMN marts.release_impact.bhar IS 'Buy-and-hold abnormal return (simple)';
COMMENT ON COLUMN marts.release_impact.sigma IS 'Reference walk’s sigma for the window (log return)';
COMMENT ON COLUMN marts.release_impact.scaled_move IS '|CAR| ÷ sigma';
COMMENT ON COLUMN marts.release_impact.placebo_move IS 'Mean |CAR| ÷ sigma of the matched placebo times';
COMMENT ON COLUMN marts.release_impact.excess_move IS 'scaled_move − placebo_move';
COMMENT ON COLUMN marts.release_impact.n_placebo IS 'Matched placebo times';
COMMENT ON COLUMN marts.release_impact.forecast_quantile IS 'Where the move fell in the forecast’s distribution';
COMMENT ON COLUMN marts.release_impact.peak_car IS 'CAR of largest size within the window (log)';
COMMENT ON COLUMN marts.release_impact.time_to_peak_h IS 'Hours from the base close to that peak';
COMMENT ON COLUMN marts.release_impact.reversal_share IS 'Share of the peak given back at the end of the window';
COMMENT ON COLUMN marts.release_impact.half_life_h IS 'Hours from the peak until half of it was given back; null: not within the window';
COMMENT ON COLUMN marts.release_impact.pre_release_car IS 'CAR of the 24 hours before the base close (log)';
COMMENT ON COLUMN marts.release_impact.abnormal_volume IS 'ln of the window’s volume less its mean at that hour of the 2nd to 30th day before';
COMMENT ON COLUMN marts.release_impact.abnormal_volatility IS 'The same for the volatility from the range of bars';
COMMENT ON COLUMN marts.release_impact.n_overlapping IS 'Other releases of the asset less than a window away';
COMMENT ON COLUMN marts.release_impact.is_simulated IS 'True where the row comes from the market simulator or rests on it';
