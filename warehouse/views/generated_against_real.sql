CREATE OR REPLACE VIEW marts.generated_against_real AS
SELECT study_id, answer, group_a, group_b, window_h, quantity, slice_by, slice, method, mean_a, mean_b, difference,
       low, high, p_value, q_value, n_a, n_b, detectable, is_simulated
FROM models.impact_comparisons;
COMMENT ON VIEW marts.generated_against_real IS 'Groups compared: realised excess moves, what the network expects, other words in the same place';
COMMENT ON COLUMN marts.generated_against_real.study_id IS 'Study';
COMMENT ON COLUMN marts.generated_against_real.answer IS 'realised (what prices did), scored (what the network expects), counterfactual (other words, same past)';
COMMENT ON COLUMN marts.generated_against_real.group_a IS 'Group compared';
COMMENT ON COLUMN marts.generated_against_real.group_b IS 'Group compared with';
COMMENT ON COLUMN marts.generated_against_real.window_h IS 'Window or horizon (hours)';
COMMENT ON COLUMN marts.generated_against_real.quantity IS 'excess_move, expected_width_change or expected_move (|shift of the median|)';
COMMENT ON COLUMN marts.generated_against_real.slice_by IS 'all, liquidity, capitalisation, kind or hour';
COMMENT ON COLUMN marts.generated_against_real.slice IS 'Which part of the releases';
COMMENT ON COLUMN marts.generated_against_real.method IS 'permutation, cluster_bootstrap, matched, paired; checks: mislabelled_10, placebo_labels, soft_labels';
COMMENT ON COLUMN marts.generated_against_real.mean_a IS 'Mean of group a';
COMMENT ON COLUMN marts.generated_against_real.mean_b IS 'Mean of group b';
COMMENT ON COLUMN marts.generated_against_real.difference IS 'mean_a − mean_b';
COMMENT ON COLUMN marts.generated_against_real.low IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN marts.generated_against_real.high IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN marts.generated_against_real.p_value IS 'Two-sided p-value';
COMMENT ON COLUMN marts.generated_against_real.q_value IS 'p-value with the false-discovery rate controlled over windows, pairs and slices';
COMMENT ON COLUMN marts.generated_against_real.n_a IS 'Releases of group a';
COMMENT ON COLUMN marts.generated_against_real.n_b IS 'Releases of group b';
COMMENT ON COLUMN marts.generated_against_real.detectable IS 'Smallest difference found with 80 % power at 5 %';
COMMENT ON COLUMN marts.generated_against_real.is_simulated IS 'True where the row comes from the market simulator or rests on it';
