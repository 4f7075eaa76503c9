-- What each signal said, day by day, and whether that was high or low for it by then; the past 400 days
-- grain: signal, subject, event_ts
CREATE OR REPLACE VIEW marts.signal_values AS
SELECT signal, subject, event_ts, available_ts, value, percentile, state, is_simulated FROM models.signal_values;
