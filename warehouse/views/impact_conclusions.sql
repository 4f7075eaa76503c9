CREATE OR REPLACE VIEW marts.impact_conclusions AS
SELECT study_id, place, sentence, is_simulated
FROM models.impact_conclusions;
COMMENT ON VIEW marts.impact_conclusions IS 'What the numbers of each study support, in sentences written by rule';
COMMENT ON COLUMN marts.impact_conclusions.study_id IS 'Study';
COMMENT ON COLUMN marts.impact_conclusions.place IS 'Order of the sentence, from 1';
COMMENT ON COLUMN marts.impact_conclusions.sentence IS 'What moved, how far, how sure, or what cannot be said';
COMMENT ON COLUMN marts.impact_conclusions.is_simulated IS 'True where the row comes from the market simulator or rests on it';
