-- Known false releases, a row for each timeframe that has candles of them: move, reversal, and when the move was beyond chance
-- grain: case_id, timeframe
CREATE OR REPLACE VIEW marts.known_cases AS
SELECT case_id, timeframe, asset, event_ts, ts_precision, claim, channel, kind, retracted_ts, reported_move, sources,
       is_clean, base_usd, peak_usd, peak_return, time_to_peak_h, end_return, reversal_share, half_life_h,
       peak_sigma, flagged_ts, lead_h, threshold, false_alarms, beside_return,
       beside_end_return, beside_p, n_donors, is_simulated
FROM models.known_cases;
