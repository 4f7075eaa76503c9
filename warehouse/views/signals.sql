-- What each signal says now, with its own record: what followed such days in the past beyond chance
-- grain: signal, subject
-- day: Newest UTC day that it is known for
-- verdict: Surest finding on the state that it is in; 'in its usual range' where it is neither high nor low
-- outcome: Outcome of that finding: direction or size; null without one
-- horizon_d: Days ahead of that finding
-- estimate: How much more than on other days (sigma)
-- q_value: False-discovery rate of that finding
-- n_days: Days behind it, summed over assets
CREATE OR REPLACE VIEW marts.signals AS
WITH newest AS (
    FROM models.signal_values QUALIFY event_ts = max(event_ts) OVER (PARTITION BY signal, subject)
),
current AS (
    FROM newest WHERE event_ts > (SELECT max(event_ts) FROM models.signal_values) - INTERVAL 10 DAY
),
surest AS (
    FROM models.signal_record
    QUALIFY row_number() OVER (PARTITION BY signal, state ORDER BY q_value NULLS LAST, horizon_d, outcome) = 1
)
SELECT c.signal, c.subject, ((c.event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, c.available_ts, c.value, c.percentile, c.state,
       CASE WHEN c.state IS NULL THEN 'too short a history' WHEN c.state = 'usual' THEN 'in its usual range'
            ELSE coalesce(s.verdict, 'too short a history') END AS verdict,
       CASE WHEN s.q_value IS NOT NULL THEN s.outcome END AS outcome, CASE WHEN s.q_value IS NOT NULL THEN s.horizon_d END AS horizon_d, s.estimate, s.low, s.high, s.q_value, s.n_days, c.is_simulated
FROM current c LEFT JOIN surest s ON s.signal = c.signal AND s.state = c.state;
