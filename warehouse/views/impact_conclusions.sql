-- What the numbers of each study support, in sentences written by rule
-- grain: study_id, place
CREATE OR REPLACE VIEW marts.impact_conclusions AS
SELECT study_id, place, sentence, is_simulated
FROM models.impact_conclusions;
