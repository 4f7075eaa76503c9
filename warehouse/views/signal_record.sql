-- What followed each signal's high and low days in the past, beside other days, and how far chance goes
-- grain: signal, state, outcome, horizon_d
CREATE OR REPLACE VIEW marts.signal_record AS
SELECT signal, of_market, state, outcome, horizon_d, n_days, n_stretches, mean_return, estimate, low, high, p_value,
       q_value, detectable, first_ts, last_ts, verdict, is_simulated
FROM models.signal_record;
