-- Controls of the studies: what finds nothing where nothing is, and something where something is
-- grain: study_id, control, window_h
CREATE OR REPLACE VIEW marts.impact_controls AS
SELECT study_id, control, window_h, n_releases, n_studies, found, found_low, found_high, by_chance, verdict, is_simulated
FROM models.impact_controls;
