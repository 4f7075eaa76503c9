CREATE OR REPLACE VIEW marts.impact_paths AS
SELECT study_id, release_group, benchmark, offset_h, mean_abs_scaled, placebo_abs_scaled, mean_car, low, high,
       n_releases, is_simulated FROM models.impact_paths;
COMMENT ON VIEW marts.impact_paths IS 'Mean CAR of each group around the release, with its 95 % band';
COMMENT ON COLUMN marts.impact_paths.study_id IS 'Study';
COMMENT ON COLUMN marts.impact_paths.release_group IS 'Group';
COMMENT ON COLUMN marts.impact_paths.benchmark IS 'Model of the normal return';
COMMENT ON COLUMN marts.impact_paths.offset_h IS 'Hours from the base close';
COMMENT ON COLUMN marts.impact_paths.mean_abs_scaled IS 'Mean |CAR| ÷ sigma';
COMMENT ON COLUMN marts.impact_paths.placebo_abs_scaled IS 'The same at matched placebo times';
COMMENT ON COLUMN marts.impact_paths.mean_car IS 'Mean CAR (log)';
COMMENT ON COLUMN marts.impact_paths.low IS 'Lower end of the band';
COMMENT ON COLUMN marts.impact_paths.high IS 'Upper end of the band';
COMMENT ON COLUMN marts.impact_paths.n_releases IS 'Releases';
COMMENT ON COLUMN marts.impact_paths.is_simulated IS 'True where the row comes from the market simulator or rests on it';
