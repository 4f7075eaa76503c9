-- Do prices move more after generated than after real releases?
-- chart: points x=window_h y=difference by=group_a
SELECT group_a, group_b, window_h, method, difference, low, high, p_value, q_value, detectable, n_a, n_b
FROM marts.generated_against_real
WHERE study_id = '1h' AND slice_by = 'all' AND quantity = 'excess_move'
ORDER BY group_a, group_b, window_h
