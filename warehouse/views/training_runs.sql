-- Every model that was trained
-- grain: model_id
-- best_epoch: Epoch kept; 0 is the untrained network, which is the base that it corrects
CREATE OR REPLACE VIEW marts.training_runs AS
SELECT model_id, model_name, train_start_ts, train_end_ts, epochs, best_epoch, validation_ratio,
       learning_curve, n_parameters, n_windows, settings, data_fingerprint, is_simulated
FROM models.training_runs;
