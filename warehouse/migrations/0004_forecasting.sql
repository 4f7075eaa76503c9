-- Scores by regime, the calibration of the default forecast, and what the network leaned on.

UPDATE models.training_runs SET learning_curve = '[' || learning_curve || ']';
DROP TABLE models.scores;
CREATE TABLE models.scores (
    "model_name" VARCHAR,
    "asset" VARCHAR,
    "regime" VARCHAR,
    "horizon_h" INTEGER,
    "metric" VARCHAR,
    "value" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "p_value" DOUBLE,
    "n_origins" INTEGER,
    "test_start_ts" TIMESTAMPTZ,
    "test_end_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.scores IS 'Walk-forward scores of each model beside the reference walk';
COMMENT ON COLUMN models.scores."model_name" IS 'Kind of model';
COMMENT ON COLUMN models.scores."asset" IS 'Canonical ticker, or ALL';
COMMENT ON COLUMN models.scores."regime" IS 'all; or calm, normal, turbulent: thirds of the market''s volatility at the origin';
COMMENT ON COLUMN models.scores."horizon_h" IS 'Hours ahead; 0 stands for all horizons together';
COMMENT ON COLUMN models.scores."metric" IS 'What was measured: docs/methods.md lists them';
COMMENT ON COLUMN models.scores."value" IS 'Value of the metric';
COMMENT ON COLUMN models.scores."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.scores."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.scores."p_value" IS 'p-value of the metric''s test; two-sided where it compares losses';
COMMENT ON COLUMN models.scores."n_origins" IS 'Origins that were scored';
COMMENT ON COLUMN models.scores."test_start_ts" IS 'First origin (UTC)';
COMMENT ON COLUMN models.scores."test_end_ts" IS 'Last origin (UTC)';
COMMENT ON COLUMN models.scores."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.scores."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.scores."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.scores."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.calibration (
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "log_factor" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.calibration IS 'Where the conformal calibration of the default forecast stood at the end of the walk-forward evaluation';
COMMENT ON COLUMN models.calibration."asset" IS 'ALL, or the asset whose own part is added to it';
COMMENT ON COLUMN models.calibration."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.calibration."log_factor" IS 'Log of the factor on every level''s distance from the median';
COMMENT ON COLUMN models.calibration."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.calibration."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.calibration."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.calibration."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.explanations (
    "model_id" VARCHAR,
    "asset" VARCHAR,
    "origin_ts" TIMESTAMPTZ,
    "horizon_h" INTEGER,
    "kind" VARCHAR,
    "subject" VARCHAR,
    "attention" DOUBLE,
    "width_change" DOUBLE,
    "median_change" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.explanations IS 'What the network''s newest forecasts leaned on, by attention and by leaving it out; asset ALL: on average';
COMMENT ON COLUMN models.explanations."model_id" IS 'Model (models.training_runs)';
COMMENT ON COLUMN models.explanations."asset" IS 'Canonical ticker of one forecast, or ALL for the mean over many origins';
COMMENT ON COLUMN models.explanations."origin_ts" IS 'Origin of the forecast; of the newest one that is averaged (UTC)';
COMMENT ON COLUMN models.explanations."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.explanations."kind" IS 'channel (of the context), hours_back (a patch of the lookback) or document';
COMMENT ON COLUMN models.explanations."subject" IS 'Name of the channel, hours back, or document (newest first)';
COMMENT ON COLUMN models.explanations."attention" IS 'Share of the horizon''s attention; null for channels';
COMMENT ON COLUMN models.explanations."width_change" IS 'Log change of the 90 % band''s width that it makes; ALL: mean of its size';
COMMENT ON COLUMN models.explanations."median_change" IS 'Shift of the median that it makes, in sigma; ALL: mean of its size';
COMMENT ON COLUMN models.explanations."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.explanations."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.explanations."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.explanations."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

COMMENT ON COLUMN models.training_runs."learning_curve" IS 'JSON per seed: epoch, training and validation loss ÷ the reference walk''s';
