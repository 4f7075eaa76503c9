CREATE OR REPLACE VIEW marts.training_runs AS
SELECT model_id, model_name, train_start_ts, train_end_ts, validation_start_ts, epochs, best_epoch, validation_ratio,
       learning_curve, n_parameters, n_windows, settings, data_fingerprint, is_simulated
FROM models.training_runs;
COMMENT ON VIEW marts.training_runs IS 'Every model that was trained';
COMMENT ON COLUMN marts.training_runs.model_id IS 'Model';
COMMENT ON COLUMN marts.training_runs.model_name IS 'Kind of model';
COMMENT ON COLUMN marts.training_runs.train_start_ts IS 'First origin of training (UTC)';
COMMENT ON COLUMN marts.training_runs.train_end_ts IS 'Last moment whose prices training saw (UTC)';
COMMENT ON COLUMN marts.training_runs.validation_start_ts IS 'Start of the validation span (UTC)';
COMMENT ON COLUMN marts.training_runs.epochs IS 'Epochs run';
COMMENT ON COLUMN marts.training_runs.best_epoch IS 'Epoch kept; 0 is the untrained network, the reference walk';
COMMENT ON COLUMN marts.training_runs.validation_ratio IS 'Validation loss ÷ the reference walk’s';
COMMENT ON COLUMN marts.training_runs.learning_curve IS 'JSON: epoch, training and validation ratio';
COMMENT ON COLUMN marts.training_runs.n_parameters IS 'Weights';
COMMENT ON COLUMN marts.training_runs.n_windows IS 'Windows per epoch';
COMMENT ON COLUMN marts.training_runs.settings IS 'JSON of the hyper-parameters';
COMMENT ON COLUMN marts.training_runs.data_fingerprint IS 'Fingerprint of the panel';
COMMENT ON COLUMN marts.training_runs.is_simulated IS 'True where the row comes from the market simulator or rests on it';
