-- Releases known to be false: move, peak and reversal on the finest candles there are
-- grain: doc_id, asset, timeframe, window_h
-- event_label: Kind of fabrication
-- car: Move to the end of the window (log)
-- peak_simple_return: Largest move within the window (simple)
-- time_to_peak_h: Hours to it
-- reversal_share: Share of it lost by the end of the window; null in a window of one bar
CREATE OR REPLACE VIEW marts.known_fabrications AS
SELECT d.doc_id, d.title, i.asset, d.event_ts, d.retracted_ts, d.event_label, d.reported_move, d.is_recommended,
       i.timeframe, i.window_h, i.car, exp(i.peak_car) - 1 AS peak_simple_return, i.time_to_peak_h, i.reversal_share,
       i.scaled_move, i.placebo_move, d.is_simulated
FROM models.impact i JOIN core.labelled_documents d USING (doc_id)
WHERE d.release_group = 'fabricated' AND i.benchmark = 'reference_walk' AND i.window_h > 0
QUALIFY min(CASE i.timeframe WHEN '1m' THEN 1 WHEN '5m' THEN 5 WHEN '15m' THEN 15 ELSE 60 END)
            OVER (PARTITION BY i.doc_id, i.asset)
      = CASE i.timeframe WHEN '1m' THEN 1 WHEN '5m' THEN 5 WHEN '15m' THEN 15 ELSE 60 END;
