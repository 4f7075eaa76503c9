"""Training runs, forecasts, scores, calibration, explanations and backtests; what to expect after releases."""

from warehouse.schema.entity import (
    ASSET,
    AVAILABLE_AS_DOCUMENT,
    DOC_ID,
    EVENT_AS_DOCUMENT,
    HIGH,
    HORIZON_H,
    LOW,
    MODEL_NAME,
    N_RELEASES,
    RELEASE_GROUP,
    TS,
    Column,
    Entity,
)

TRAINING_RUNS = Entity(
    "training_runs",
    "models",
    "Every model that was trained, with what it was trained on",
    ("model_id",),
    (
        Column("model_id", "VARCHAR", "Model: name, end of training, settings and data"),
        MODEL_NAME,
        Column("train_start_ts", TS, "First origin of the training span (UTC)"),
        Column("train_end_ts", TS, "Last moment whose prices training saw (UTC)"),
        Column("epochs", "INTEGER", "Epochs run"),
        Column("best_epoch", "INTEGER", "Epoch whose weights were kept"),
        Column("validation_ratio", "DOUBLE", "Loss on the stretches that members leave out ÷ that of the base"),
        Column("learning_curve", "VARCHAR", "JSON per seed: epoch, training and validation loss ÷ those of the base"),
        Column("n_parameters", "BIGINT", "Weights"),
        Column("n_windows", "BIGINT", "Training windows in an epoch"),
        Column("settings", "VARCHAR", "JSON of the hyper-parameters"),
        Column("data_fingerprint", "VARCHAR", "Fingerprint of the panel"),
        Column("checkpoint", "VARCHAR", "File name of the checkpoint"),
    ),
    kind="kept",
)

FORECASTS = Entity(
    "forecasts",
    "models",
    "Quantiles of the cumulative log return, per model, asset, origin and horizon",
    ("model_id", "asset", "origin_ts", "horizon_h", "level"),
    (
        Column("model_id", "VARCHAR", "Model (models.training_runs), or a baseline with the end of its training"),
        MODEL_NAME,
        ASSET,
        Column("origin_ts", TS, "When the forecast was made: the close that it starts from (UTC)"),
        HORIZON_H,
        Column("level", "DOUBLE", "Probability level"),
        Column("log_return", "DOUBLE", "Quantile of the cumulative log return"),
        Column("purpose", "VARCHAR", "evaluation (walk-forward) or live (the night's own)"),
        Column(
            "origin_close_quote",
            "DOUBLE",
            "Close that the forecast starts from (quote currency); × exp(log_return) is a price",
            required=False,
            compared=False,
        ),
    ),
    kind="kept",
)

LIVE_RECORD = Entity(
    "live_record",
    "models",
    "Every live forecast as it was first made, with what came, beside the reference walk of the same origin",
    ("model_name", "asset", "origin_ts", "horizon_h"),
    (
        MODEL_NAME,
        ASSET,
        Column("origin_ts", TS, "When the forecast was made: the close that it starts from (UTC)"),
        HORIZON_H,
        Column("model_id", "VARCHAR", "Model (models.training_runs)"),
        Column("q05", "DOUBLE", "5 % quantile (log return)"),
        Column("q50", "DOUBLE", "Median (log return)"),
        Column("q95", "DOUBLE", "95 % quantile (log return)"),
        Column("realised", "DOUBLE", "Log return that came; null until then, and across a gap", required=False),
        Column("is_inside_90", "BOOLEAN", "Whether it fell into the 90 % band", required=False),
        Column("crps", "DOUBLE", "CRPS of the forecast (log return)", required=False),
        Column("crps_walk", "DOUBLE", "CRPS of the reference walk at the same origin (log return)", required=False),
    ),
    stage="forecast",
)

SCORES = Entity(
    "scores",
    "models",
    "Walk-forward scores of each model beside the reference walk",
    ("model_name", "asset", "regime", "horizon_h", "metric"),
    (
        MODEL_NAME,
        Column("asset", "VARCHAR", "Canonical ticker, or ALL"),
        Column("regime", "VARCHAR", "all; or calm, normal, turbulent: thirds of the market's volatility at the origin"),
        Column("horizon_h", "INTEGER", "Hours ahead; 0 stands for all horizons together"),
        Column("metric", "VARCHAR", "What was measured: docs/methods.md lists them"),
        Column("value", "DOUBLE", "Value of the metric"),
        LOW,
        HIGH,
        Column("p_value", "DOUBLE", "p-value of the metric's test; two-sided where it compares losses", required=False),
        Column("n_origins", "INTEGER", "Origins that were scored"),
        Column("test_start_ts", TS, "First origin (UTC)"),
        Column("test_end_ts", TS, "Last origin (UTC)"),
    ),
    stage="evaluate",
)

CALIBRATION = Entity(
    "calibration",
    "models",
    "Where the conformal calibration of the default forecast stood at the end of the walk-forward evaluation",
    ("asset", "horizon_h"),
    (
        Column("asset", "VARCHAR", "ALL, or the asset whose own part is added to it"),
        HORIZON_H,
        Column("log_factor", "DOUBLE", "Log of the factor on every level's distance from the median"),
    ),
    stage="evaluate",
)

EXPLANATIONS = Entity(
    "explanations",
    "models",
    "What the network's newest forecasts looked at, by attention weights and by leaving it out; asset ALL: on average",
    ("model_id", "asset", "horizon_h", "kind", "subject"),
    (
        Column("model_id", "VARCHAR", "Model (models.training_runs)"),
        Column("asset", "VARCHAR", "Canonical ticker of one forecast, or ALL for the mean over many origins"),
        Column("origin_ts", TS, "Origin of the forecast; of the newest one that is averaged (UTC)"),
        HORIZON_H,
        Column("kind", "VARCHAR", "channel (of the context), hours_back (a patch of the lookback) or document"),
        Column("subject", "VARCHAR", "Name of the channel, hours back, or document (newest first)"),
        Column("attention", "DOUBLE", "Share of the horizon's attention; null for channels", required=False),
        Column("width_change", "DOUBLE", "Log change of the 90 % band's width that it makes; ALL: mean of its size"),
        Column("median_change", "DOUBLE", "Shift of the median that it makes, in sigma; ALL: mean of its size"),
    ),
    stage="forecast",
)

RESPONSE_EXPECTED = Entity(
    "response_expected",
    "models",
    "What to expect after a release, from earlier releases alone: 90 % band of the move beyond the market",
    ("doc_id", "asset", "window_h"),
    (
        DOC_ID,
        ASSET,
        Column("window_h", "DOUBLE", "Hours from the first close at or after the release"),
        EVENT_AS_DOCUMENT,
        AVAILABLE_AS_DOCUMENT,
        Column("sigma", "DOUBLE", "Sigma of the move beyond the market in that window (log return)"),
        Column("low", "DOUBLE", "5 % quantile of the move beyond the market (log return)"),
        Column("median", "DOUBLE", "Median of it (log return)"),
        Column("high", "DOUBLE", "95 % quantile of it (log return)"),
        Column("low_walk", "DOUBLE", "5 % quantile at like times (log return)"),
        Column("high_walk", "DOUBLE", "95 % quantile at like times (log return)"),
        Column("odds_large", "DOUBLE", "Probability of a move beyond 2 sigma, either way"),
        Column("odds_large_walk", "DOUBLE", "The same at like times"),
        Column("odds_up", "DOUBLE", "Probability that the asset beats the market"),
        Column("level", "VARCHAR", "What counts most: walk, scale (of all releases), kind, words (linear), or network"),
        Column("weight_words", "DOUBLE", "Weight of what reads (words and network), 0 to 1, by the record so far"),
        Column("n_past", "INTEGER", "Earlier releases that it rests on"),
        Column("realised", "DOUBLE", "Move beyond the market that came (log return)", required=False),
    ),
    stage="impact",
)

RESPONSE_RECORD = Entity(
    "response_record",
    "models",
    "How the bands after past releases held, and what their words added",
    ("window_h", "release_group"),
    (
        Column("window_h", "DOUBLE", "Hours from the first close at or after the release"),
        RELEASE_GROUP,
        N_RELEASES,
        Column("covered", "DOUBLE", "Share of the moves inside the 90 % band"),
        Column("covered_low", "DOUBLE", "Lower end of its 95 % interval", required=False),
        Column("covered_high", "DOUBLE", "Upper end of it", required=False),
        Column("walk_covered", "DOUBLE", "Share inside the band of like times"),
        Column("crps_ratio", "DOUBLE", "CRPS ÷ that of the walk; below 1 is better"),
        Column("correlation", "DOUBLE", "Of the expected move (median) with what came, in sigmas", required=False),
        Column("words_over_kind", "DOUBLE", "CRPS without words less CRPS with them, as a share of the walk's"),
        Column(
            "network_over_words", "DOUBLE", "CRPS of words read linearly less the network's, as a share of the walk's"
        ),
        Column(
            "words_gain",
            "DOUBLE",
            "CRPS with words dealt at random less CRPS with the own words, as a share of the walk's",
            required=False,
        ),
        Column("words_gain_low", "DOUBLE", "Lower end of its 95 % interval", required=False),
        Column("words_gain_high", "DOUBLE", "Upper end of it", required=False),
        Column("words_gain_p", "DOUBLE", "Two-sided p-value of no gain", required=False),
    ),
    stage="impact",
)
