-- Groups compared: realised excess moves, what the response model expects, other words in the same place
-- grain: study_id, answer, quantity, group_a, group_b, window_h, slice_by, slice, method
CREATE OR REPLACE VIEW marts.generated_against_real AS
SELECT study_id, answer, group_a, group_b, window_h, quantity, slice_by, slice, method, mean_a, mean_b, difference,
       low, high, p_value, q_value, n_a, n_b, detectable, is_simulated
FROM models.impact_comparisons;
