CREATE OR REPLACE VIEW marts.generated_against_real AS
SELECT study_id, answer, quantity, group_a, group_b, window_h, mean_a, mean_b, difference, low, high, p_value, n_a, n_b,
       detectable, is_simulated FROM models.impact_comparisons;
COMMENT ON VIEW marts.generated_against_real IS 'Groups compared: realised excess moves, and what the network expects';
COMMENT ON COLUMN marts.generated_against_real.study_id IS 'Study';
COMMENT ON COLUMN marts.generated_against_real.answer IS 'realised (what prices did) or scored (what the network expects)';
COMMENT ON COLUMN marts.generated_against_real.quantity IS 'What is compared';
COMMENT ON COLUMN marts.generated_against_real.group_a IS 'Group';
COMMENT ON COLUMN marts.generated_against_real.group_b IS 'Group compared with';
COMMENT ON COLUMN marts.generated_against_real.window_h IS 'Window or horizon (hours)';
COMMENT ON COLUMN marts.generated_against_real.mean_a IS 'Mean of group a';
COMMENT ON COLUMN marts.generated_against_real.mean_b IS 'Mean of group b';
COMMENT ON COLUMN marts.generated_against_real.difference IS 'mean_a − mean_b';
COMMENT ON COLUMN marts.generated_against_real.low IS 'Lower end of the 95 % permutation interval';
COMMENT ON COLUMN marts.generated_against_real.high IS 'Upper end of the 95 % permutation interval';
COMMENT ON COLUMN marts.generated_against_real.p_value IS 'Permutation p-value';
COMMENT ON COLUMN marts.generated_against_real.n_a IS 'Releases of group a';
COMMENT ON COLUMN marts.generated_against_real.n_b IS 'Releases of group b';
COMMENT ON COLUMN marts.generated_against_real.detectable IS 'Difference found with 80 % power';
COMMENT ON COLUMN marts.generated_against_real.is_simulated IS 'True where the row comes from the market simulator or rests on it';
