CREATE OR REPLACE VIEW marts.known_fabrications AS
SELECT d.doc_id, d.title, i.asset, d.event_ts, d.retracted_ts, d.event_label, d.reported_move, d.is_recommended,
       i.timeframe, i.window_h, i.car, exp(i.peak_car) - 1 AS peak_simple_return, i.time_to_peak_h, i.reversal_share,
       i.scaled_move, i.placebo_move, d.is_simulated
FROM models.impact i JOIN core.documents d USING (doc_id)
WHERE d.release_group = 'fabricated' AND i.benchmark = 'reference_walk'
QUALIFY min(CASE i.timeframe WHEN '1m' THEN 1 WHEN '5m' THEN 5 WHEN '15m' THEN 15 ELSE 60 END)
            OVER (PARTITION BY i.doc_id, i.asset)
      = CASE i.timeframe WHEN '1m' THEN 1 WHEN '5m' THEN 5 WHEN '15m' THEN 15 ELSE 60 END;
COMMENT ON VIEW marts.known_fabrications IS 'Releases known to be false: move, peak and reversal on the finest candles there are';
COMMENT ON COLUMN marts.known_fabrications.doc_id IS 'Document';
COMMENT ON COLUMN marts.known_fabrications.title IS 'Headline';
COMMENT ON COLUMN marts.known_fabrications.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.known_fabrications.event_ts IS 'Release (UTC)';
COMMENT ON COLUMN marts.known_fabrications.retracted_ts IS 'Retraction (UTC)';
COMMENT ON COLUMN marts.known_fabrications.event_label IS 'Kind of fabrication';
COMMENT ON COLUMN marts.known_fabrications.reported_move IS 'Move as contemporaries reported it';
COMMENT ON COLUMN marts.known_fabrications.is_recommended IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN marts.known_fabrications.timeframe IS 'Finest candles there are';
COMMENT ON COLUMN marts.known_fabrications.window_h IS 'Window (hours)';
COMMENT ON COLUMN marts.known_fabrications.car IS 'Move to the end of the window (log)';
COMMENT ON COLUMN marts.known_fabrications.peak_simple_return IS 'Largest move within the window (simple)';
COMMENT ON COLUMN marts.known_fabrications.time_to_peak_h IS 'Hours to it';
COMMENT ON COLUMN marts.known_fabrications.reversal_share IS 'Share of it given back by the end of the window';
COMMENT ON COLUMN marts.known_fabrications.scaled_move IS '|CAR| ÷ sigma';
COMMENT ON COLUMN marts.known_fabrications.placebo_move IS 'The same at matched placebo times';
COMMENT ON COLUMN marts.known_fabrications.is_simulated IS 'True where the row comes from the market simulator or rests on it';
