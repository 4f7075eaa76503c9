-- Which signals are high or low now, and what followed that in the past?
SELECT signal, subject, value, percentile, state, verdict, outcome, horizon_d, estimate, low, high, q_value
FROM marts.signals
WHERE state <> 'usual'
ORDER BY q_value NULLS LAST, signal, subject
