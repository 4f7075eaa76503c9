-- What do the numbers on releases support, in sentences?
SELECT study_id, place, sentence
FROM marts.impact_conclusions
ORDER BY study_id, place
