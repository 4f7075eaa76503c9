-- Which signals have a record beyond chance at all?
SELECT signal, state, outcome, horizon_d, verdict, estimate, low, high, q_value, detectable, n_days, n_stretches
FROM marts.signal_record
WHERE q_value IS NOT NULL
ORDER BY q_value, signal
