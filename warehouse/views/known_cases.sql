CREATE OR REPLACE VIEW marts.known_cases AS
SELECT case_id, timeframe, asset, event_ts, ts_precision, claim, channel, kind, retracted_ts, reported_move, sources,
       is_clean, base_usd, peak_usd, peak_return, time_to_peak_h, end_return, reversal_share, half_life_h,
       peak_sigma, flagged_ts, lead_h, threshold, false_alarms, is_simulated
FROM models.known_cases;
COMMENT ON VIEW marts.known_cases IS 'Known false releases, a row for each timeframe that has candles of them: move, reversal, and when the move was beyond chance';
COMMENT ON COLUMN marts.known_cases.case_id IS 'Case, as tapewire’s own table of cases names it';
COMMENT ON COLUMN marts.known_cases.timeframe IS 'Candles used';
COMMENT ON COLUMN marts.known_cases.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.known_cases.event_ts IS 'First public time (UTC)';
COMMENT ON COLUMN marts.known_cases.ts_precision IS 'How exact that time is';
COMMENT ON COLUMN marts.known_cases.claim IS 'What was claimed';
COMMENT ON COLUMN marts.known_cases.channel IS 'Where it appeared';
COMMENT ON COLUMN marts.known_cases.kind IS 'fabricated release, misreport, hacked account or machine-generated';
COMMENT ON COLUMN marts.known_cases.retracted_ts IS 'When it was denied (UTC)';
COMMENT ON COLUMN marts.known_cases.reported_move IS 'Move as contemporaries reported it';
COMMENT ON COLUMN marts.known_cases.sources IS 'Addresses of the reports';
COMMENT ON COLUMN marts.known_cases.is_clean IS 'False where the case is confounded or its time too vague for a test';
COMMENT ON COLUMN marts.known_cases.base_usd IS 'Last close at or before the release (USD)';
COMMENT ON COLUMN marts.known_cases.peak_usd IS 'Price farthest from it within 24 h, from highs and lows (USD)';
COMMENT ON COLUMN marts.known_cases.peak_return IS 'The same as a simple return';
COMMENT ON COLUMN marts.known_cases.time_to_peak_h IS 'Hours from the release to the end of that bar';
COMMENT ON COLUMN marts.known_cases.end_return IS 'Simple return at the last close within 24 h';
COMMENT ON COLUMN marts.known_cases.reversal_share IS 'Share of the peak given back by then';
COMMENT ON COLUMN marts.known_cases.half_life_h IS 'Hours from the peak to the first close with half of it gone';
COMMENT ON COLUMN marts.known_cases.peak_sigma IS 'Largest |move at a close| ÷ the reference walk’s sigma for the time passed';
COMMENT ON COLUMN marts.known_cases.flagged_ts IS 'Close at which that first passed the threshold (UTC); null: never';
COMMENT ON COLUMN marts.known_cases.lead_h IS 'Hours from the flag to the denial; negative: the denial came first';
COMMENT ON COLUMN marts.known_cases.threshold IS 'The threshold, in sigmas';
COMMENT ON COLUMN marts.known_cases.false_alarms IS 'Share of placebo days on which it would have been passed';
COMMENT ON COLUMN marts.known_cases.is_simulated IS 'True where the row comes from the market simulator or rests on it';
