-- A stored warehouse of the first baseline: its tables as they were declared then, and a few rows.
-- It is never edited: a test brings it to what is declared now.
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS features;
CREATE SCHEMA IF NOT EXISTS models;
CREATE SCHEMA IF NOT EXISTS marts;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE TABLE core.candles_versions (
    exchange VARCHAR,
    symbol VARCHAR,
    timeframe VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    asset VARCHAR,
    quote VARCHAR,
    open_quote DOUBLE,
    high_quote DOUBLE,
    low_quote DOUBLE,
    close_quote DOUBLE,
    volume_base DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.supply_versions (
    coin VARCHAR,
    chain VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    supply_units DOUBLE,
    price_usd DOUBLE,
    market_cap_usd DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.asset_metrics_versions (
    asset VARCHAR,
    metric VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    value DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.stablecoins_versions (
    coin VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    vendor_id VARCHAR,
    coin_name VARCHAR,
    peg_type VARCHAR,
    peg_mechanism VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.funding_versions (
    exchange VARCHAR,
    symbol VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    asset VARCHAR,
    funding_rate DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.documents_versions (
    doc_id VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    ts_precision VARCHAR,
    is_late_stamp BOOLEAN,
    availability_assumed BOOLEAN,
    first_seen_ts TIMESTAMPTZ,
    publisher VARCHAR,
    kind VARCHAR,
    title VARCHAR,
    body VARCHAR,
    url VARCHAR,
    authorship VARCHAR,
    authorship_evidence VARCHAR,
    veracity VARCHAR,
    veracity_evidence VARCHAR,
    event_label VARCHAR,
    is_recommended BOOLEAN,
    retracted_ts TIMESTAMPTZ,
    reported_move VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.document_assets_versions (
    doc_id VARCHAR,
    asset VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    confidence DOUBLE,
    method VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.document_labels_versions (
    doc_id VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    authorship VARCHAR,
    veracity VARCHAR,
    note VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE core.simulated_truth_versions (
    doc_id VARCHAR,
    asset VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    release_group VARCHAR,
    kind VARCHAR,
    strength DOUBLE,
    delay_h DOUBLE,
    half_life_h DOUBLE,
    peak_log_return DOUBLE,
    permanent_log_return DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ,
    version INTEGER,
    is_latest BOOLEAN
);
CREATE TABLE features.ssr_daily (
    coin VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    coin_list VARCHAR,
    btc_market_cap_usd DOUBLE,
    supply_par_usd DOUBLE,
    supply_market_usd DOUBLE,
    ssr_par DOUBLE,
    ssr_market DOUBLE,
    oscillator_z DOUBLE,
    oscillator_pct_b DOUBLE,
    growth_1d DOUBLE,
    growth_7d DOUBLE,
    growth_30d DOUBLE,
    supply_share DOUBLE,
    n_coins INTEGER,
    n_carried INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.candle_features (
    asset VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    log_return DOUBLE,
    parkinson_var DOUBLE,
    garman_klass_var DOUBLE,
    realised_vol_24h DOUBLE,
    ewma_vol_1h DOUBLE,
    hour_of_week_factor DOUBLE,
    sigma_next_1h DOUBLE,
    dollar_volume DOUBLE,
    amihud_24h DOUBLE,
    beta_btc_30d DOUBLE,
    corr_market_30d DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.news_hourly (
    asset VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    documents_1h INTEGER,
    documents_24h INTEGER,
    intensity DOUBLE,
    novelty DOUBLE,
    machine_probability DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.document_embeddings (
    doc_id VARCHAR,
    model VARCHAR,
    available_ts TIMESTAMPTZ,
    embedding FLOAT[],
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.document_stories (
    doc_id VARCHAR,
    story_id VARCHAR,
    copy_number INTEGER,
    similarity DOUBLE,
    available_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.document_novelty (
    doc_id VARCHAR,
    available_ts TIMESTAMPTZ,
    novelty DOUBLE,
    nearest_doc_id VARCHAR,
    nearest_similarity DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE features.document_authorship (
    doc_id VARCHAR,
    detector VARCHAR,
    available_ts TIMESTAMPTZ,
    n_tokens INTEGER,
    log_likelihood DOUBLE,
    log_rank DOUBLE,
    lrr DOUBLE,
    top_1 DOUBLE,
    top_10 DOUBLE,
    top_100 DOUBLE,
    entropy DOUBLE,
    curvature DOUBLE,
    machine_probability DOUBLE,
    threshold DOUBLE,
    verdict VARCHAR,
    striking VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.generated_releases (
    text_id VARCHAR,
    batch_id VARCHAR,
    "number" INTEGER,
    kind VARCHAR,
    asset VARCHAR,
    title VARCHAR,
    body VARCHAR,
    authorship VARCHAR,
    mark VARCHAR,
    model VARCHAR,
    revision VARCHAR,
    prompt VARCHAR,
    examples VARCHAR,
    parameters VARCHAR,
    frame_share DOUBLE,
    seed BIGINT,
    created_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.generated_scores (
    text_id VARCHAR,
    detector VARCHAR,
    n_tokens INTEGER,
    log_likelihood DOUBLE,
    log_rank DOUBLE,
    lrr DOUBLE,
    top_1 DOUBLE,
    top_10 DOUBLE,
    top_100 DOUBLE,
    entropy DOUBLE,
    curvature DOUBLE,
    machine_probability DOUBLE,
    threshold DOUBLE,
    verdict VARCHAR,
    striking VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.text_quality (
    batch_id VARCHAR,
    metric VARCHAR,
    generated DOUBLE,
    real DOUBLE,
    n_generated INTEGER,
    n_real INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.detection (
    model VARCHAR,
    kind VARCHAR,
    score VARCHAR,
    min_tokens INTEGER,
    max_tokens INTEGER,
    auroc DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    true_positive_rate DOUBLE,
    flagged_generated DOUBLE,
    flagged_real DOUBLE,
    n_generated INTEGER,
    n_real INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.training_runs (
    model_id VARCHAR,
    model_name VARCHAR,
    train_start_ts TIMESTAMPTZ,
    train_end_ts TIMESTAMPTZ,
    validation_start_ts TIMESTAMPTZ,
    epochs INTEGER,
    best_epoch INTEGER,
    validation_ratio DOUBLE,
    learning_curve VARCHAR,
    n_parameters BIGINT,
    n_windows BIGINT,
    settings VARCHAR,
    data_fingerprint VARCHAR,
    checkpoint VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.forecasts (
    model_id VARCHAR,
    model_name VARCHAR,
    asset VARCHAR,
    origin_ts TIMESTAMPTZ,
    horizon_h INTEGER,
    "level" DOUBLE,
    log_return DOUBLE,
    purpose VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.scores (
    model_name VARCHAR,
    asset VARCHAR,
    regime VARCHAR,
    horizon_h INTEGER,
    metric VARCHAR,
    value DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    p_value DOUBLE,
    n_origins INTEGER,
    test_start_ts TIMESTAMPTZ,
    test_end_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.calibration (
    asset VARCHAR,
    horizon_h INTEGER,
    log_factor DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.explanations (
    model_id VARCHAR,
    asset VARCHAR,
    origin_ts TIMESTAMPTZ,
    horizon_h INTEGER,
    kind VARCHAR,
    subject VARCHAR,
    attention DOUBLE,
    width_change DOUBLE,
    median_change DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.backtest_equity (
    strategy VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    equity DOUBLE,
    drawdown DOUBLE,
    gross_exposure DOUBLE,
    turnover DOUBLE,
    cost DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.backtest_metrics (
    strategy VARCHAR,
    metric VARCHAR,
    value DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact (
    study_id VARCHAR,
    doc_id VARCHAR,
    asset VARCHAR,
    window_h DOUBLE,
    benchmark VARCHAR,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    base_ts TIMESTAMPTZ,
    timeframe VARCHAR,
    release_group VARCHAR,
    is_late_stamp BOOLEAN,
    car DOUBLE,
    bhar DOUBLE,
    sigma DOUBLE,
    scaled_move DOUBLE,
    placebo_move DOUBLE,
    excess_move DOUBLE,
    n_placebo INTEGER,
    forecast_quantile DOUBLE,
    peak_car DOUBLE,
    time_to_peak_h DOUBLE,
    reversal_share DOUBLE,
    half_life_h DOUBLE,
    pre_release_car DOUBLE,
    abnormal_volume DOUBLE,
    abnormal_volatility DOUBLE,
    n_overlapping INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact_coverage (
    study_id VARCHAR,
    window_h DOUBLE,
    reason VARCHAR,
    n_releases INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact_paths (
    study_id VARCHAR,
    release_group VARCHAR,
    benchmark VARCHAR,
    offset_h DOUBLE,
    mean_abs_scaled DOUBLE,
    placebo_abs_scaled DOUBLE,
    mean_car DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    n_releases INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact_tests (
    study_id VARCHAR,
    release_group VARCHAR,
    window_h DOUBLE,
    benchmark VARCHAR,
    test VARCHAR,
    estimate DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    statistic DOUBLE,
    p_value DOUBLE,
    q_value DOUBLE,
    detectable DOUBLE,
    power DOUBLE,
    is_preferred BOOLEAN,
    n_releases INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact_conclusions (
    study_id VARCHAR,
    "place" INTEGER,
    sentence VARCHAR,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.impact_comparisons (
    study_id VARCHAR,
    answer VARCHAR,
    group_a VARCHAR,
    group_b VARCHAR,
    window_h DOUBLE,
    quantity VARCHAR,
    slice_by VARCHAR,
    slice VARCHAR,
    method VARCHAR,
    mean_a DOUBLE,
    mean_b DOUBLE,
    difference DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    p_value DOUBLE,
    q_value DOUBLE,
    n_a INTEGER,
    n_b INTEGER,
    detectable DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.scored (
    doc_id VARCHAR,
    asset VARCHAR,
    horizon_h INTEGER,
    event_ts TIMESTAMPTZ,
    available_ts TIMESTAMPTZ,
    placed_doc_id VARCHAR,
    origin_ts TIMESTAMPTZ,
    model_id VARCHAR,
    release_group VARCHAR,
    median_text DOUBLE,
    median_none DOUBLE,
    median_walk DOUBLE,
    width_text DOUBLE,
    width_none DOUBLE,
    width_walk DOUBLE,
    low_text DOUBLE,
    low_none DOUBLE,
    low_walk DOUBLE,
    realised DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.counterfactual (
    doc_id VARCHAR,
    asset VARCHAR,
    horizon_h INTEGER,
    words VARCHAR,
    text_id VARCHAR,
    available_ts TIMESTAMPTZ,
    model_id VARCHAR,
    median DOUBLE,
    width DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.release_alerts (
    doc_id VARCHAR,
    asset VARCHAR,
    horizon_h INTEGER,
    available_ts TIMESTAMPTZ,
    low_text DOUBLE,
    median_text DOUBLE,
    high_text DOUBLE,
    low_walk DOUBLE,
    high_walk DOUBLE,
    width_change DOUBLE,
    machine_probability DOUBLE,
    machine_verdict VARCHAR,
    n_similar INTEGER,
    similar_scaled_move DOUBLE,
    similar_excess_move DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.similar_releases (
    doc_id VARCHAR,
    asset VARCHAR,
    "place" INTEGER,
    similar_doc_id VARCHAR,
    similar_asset VARCHAR,
    similarity DOUBLE,
    vectors VARCHAR,
    available_ts TIMESTAMPTZ,
    similar_event_ts TIMESTAMPTZ,
    car DOUBLE,
    scaled_move DOUBLE,
    excess_move DOUBLE,
    reversal_share DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE models.known_cases (
    case_id VARCHAR,
    timeframe VARCHAR,
    asset VARCHAR,
    event_ts TIMESTAMPTZ,
    ts_precision VARCHAR,
    claim VARCHAR,
    channel VARCHAR,
    kind VARCHAR,
    retracted_ts TIMESTAMPTZ,
    reported_move VARCHAR,
    sources VARCHAR,
    is_clean BOOLEAN,
    base_usd DOUBLE,
    peak_usd DOUBLE,
    peak_return DOUBLE,
    time_to_peak_h DOUBLE,
    end_return DOUBLE,
    reversal_share DOUBLE,
    half_life_h DOUBLE,
    peak_sigma DOUBLE,
    flagged_ts TIMESTAMPTZ,
    lead_h DOUBLE,
    threshold DOUBLE,
    false_alarms DOUBLE,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE ops.asked_ranges (
    exchange VARCHAR,
    symbol VARCHAR,
    timeframe VARCHAR,
    start_ts TIMESTAMPTZ,
    end_ts TIMESTAMPTZ,
    asked_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE ops.covered (
    asked_of VARCHAR,
    subject VARCHAR,
    since_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE ops.archive_files (
    file_name VARCHAR,
    checksum VARCHAR,
    n_rows BIGINT,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE ops.feed_states (
    feed VARCHAR,
    etag VARCHAR,
    last_modified VARCHAR,
    polled_ts TIMESTAMPTZ,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE ops.feed_items (
    doc_id VARCHAR,
    feed VARCHAR,
    item_hash VARCHAR,
    first_seen_ts TIMESTAMPTZ,
    article VARCHAR,
    tries INTEGER,
    source VARCHAR,
    is_simulated BOOLEAN,
    run_id VARCHAR,
    ingested_ts TIMESTAMPTZ
);
CREATE TABLE raw.pages (
    page_hash VARCHAR,
    source VARCHAR,
    locator VARCHAR,
    n_rows BIGINT,
    n_bytes BIGINT,
    payload BLOB,
    received_ts TIMESTAMPTZ,
    run_id VARCHAR
);
CREATE TABLE ops.runs (
    run_id VARCHAR,
    flow VARCHAR,
    profile VARCHAR,
    as_of_ts TIMESTAMPTZ,
    started_ts TIMESTAMPTZ,
    finished_ts TIMESTAMPTZ,
    status VARCHAR,
    exit_code INTEGER,
    code_fingerprint VARCHAR,
    settings VARCHAR,
    is_simulated BOOLEAN
);
CREATE TABLE ops.stages (
    stage VARCHAR,
    fingerprint VARCHAR,
    run_id VARCHAR,
    finished_ts TIMESTAMPTZ,
    seconds DOUBLE,
    note VARCHAR
);
CREATE TABLE ops.writes (
    run_id VARCHAR,
    entity VARCHAR,
    source VARCHAR,
    n_new BIGINT,
    n_changed BIGINT,
    n_unchanged BIGINT,
    n_removed BIGINT,
    n_quarantined BIGINT,
    written_ts TIMESTAMPTZ
);
CREATE TABLE ops.quarantine (
    entity VARCHAR,
    source VARCHAR,
    locator VARCHAR,
    reason VARCHAR,
    payload VARCHAR,
    payload_hash VARCHAR,
    run_id VARCHAR,
    quarantined_ts TIMESTAMPTZ,
    is_simulated BOOLEAN
);
CREATE TABLE ops.source_status (
    run_id VARCHAR,
    source VARCHAR,
    delivered BOOLEAN,
    n_rows BIGINT,
    reason VARCHAR,
    seconds DOUBLE,
    checked_ts TIMESTAMPTZ
);
CREATE TABLE ops.checks (
    run_id VARCHAR,
    check_name VARCHAR,
    entity VARCHAR,
    severity VARCHAR,
    subject VARCHAR,
    n_rows BIGINT,
    detail VARCHAR,
    as_of_ts TIMESTAMPTZ,
    checked_ts TIMESTAMPTZ
);
CREATE TABLE ops.migrations (
    name VARCHAR,
    checksum VARCHAR,
    applied_ts TIMESTAMPTZ
);
INSERT INTO ops.migrations VALUES ('declarations', 'the first baseline', '2026-11-25 00:00:00+00');
INSERT INTO core.candles_versions BY NAME
SELECT 'kraken' AS exchange, 'BTC/USD' AS symbol, '1h' AS timeframe, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours(i::INTEGER) AS event_ts,
       event_ts + INTERVAL 1 HOUR AS available_ts, 'BTC' AS asset, 'USD' AS quote, 100.0 AS open_quote, 103.0 AS high_quote,
       99.0 AS low_quote, 100.0 + i AS close_quote, 5.0 AS volume_base, 'exchange:kraken' AS source, false AS is_simulated,
       'run-1' AS run_id, TIMESTAMPTZ '2024-01-02 00:00:00+00' AS ingested_ts, 1 AS version, true AS is_latest
FROM range(3) t(i);
