-- Mean CAR of each group around the release, with its 95 % band
-- grain: study_id, release_group, benchmark, offset_h
CREATE OR REPLACE VIEW marts.impact_paths AS
SELECT study_id, release_group, benchmark, offset_h, mean_abs_scaled, placebo_abs_scaled, excess_low,
       excess_high, mean_car, low, high,
       n_releases, is_simulated FROM models.impact_paths;
