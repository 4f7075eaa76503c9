-- Members of an ensemble leave out stretches all over the training span: no moment separates training from validation.
DROP VIEW IF EXISTS marts.training_runs CASCADE;
ALTER TABLE models.training_runs DROP COLUMN validation_start_ts;
