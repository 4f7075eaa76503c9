-- The newest version of each key that was available at `ts`. Keys with one version, nearly all, need no window.

CREATE OR REPLACE MACRO core.candles_as_of(ts) AS TABLE
    SELECT exchange, symbol, timeframe, event_ts, available_ts, asset, quote, open_quote, high_quote, low_quote, close_quote, volume_base, source, is_simulated, run_id, ingested_ts, version
    FROM core.candles_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT exchange, symbol, timeframe, event_ts, available_ts, asset, quote, open_quote, high_quote, low_quote, close_quote, volume_base, source, is_simulated, run_id, ingested_ts, version
        FROM core.candles_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY exchange, symbol, timeframe, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.supply_as_of(ts) AS TABLE
    SELECT coin, chain, event_ts, available_ts, supply_units, price_usd, market_cap_usd, source, is_simulated, run_id, ingested_ts, version
    FROM core.supply_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT coin, chain, event_ts, available_ts, supply_units, price_usd, market_cap_usd, source, is_simulated, run_id, ingested_ts, version
        FROM core.supply_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY coin, chain, source, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.asset_metrics_as_of(ts) AS TABLE
    SELECT asset, metric, event_ts, available_ts, value, source, is_simulated, run_id, ingested_ts, version
    FROM core.asset_metrics_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT asset, metric, event_ts, available_ts, value, source, is_simulated, run_id, ingested_ts, version
        FROM core.asset_metrics_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY asset, metric, source, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.funding_as_of(ts) AS TABLE
    SELECT exchange, symbol, event_ts, available_ts, asset, funding_rate, source, is_simulated, run_id, ingested_ts, version
    FROM core.funding_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT exchange, symbol, event_ts, available_ts, asset, funding_rate, source, is_simulated, run_id, ingested_ts, version
        FROM core.funding_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY exchange, symbol, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.documents_as_of(ts) AS TABLE
    SELECT doc_id, event_ts, available_ts, ts_precision, is_late_stamp, availability_assumed, publisher, kind, title, body, url, authorship, authorship_evidence, veracity, veracity_evidence, release_group, event_label, is_recommended, retracted_ts, reported_move, source, is_simulated, run_id, ingested_ts, version
    FROM core.documents_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT doc_id, event_ts, available_ts, ts_precision, is_late_stamp, availability_assumed, publisher, kind, title, body, url, authorship, authorship_evidence, veracity, veracity_evidence, release_group, event_label, is_recommended, retracted_ts, reported_move, source, is_simulated, run_id, ingested_ts, version
        FROM core.documents_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.document_assets_as_of(ts) AS TABLE
    SELECT doc_id, asset, event_ts, available_ts, confidence, method, source, is_simulated, run_id, ingested_ts, version
    FROM core.document_assets_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT doc_id, asset, event_ts, available_ts, confidence, method, source, is_simulated, run_id, ingested_ts, version
        FROM core.document_assets_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id, asset ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.simulated_truth_as_of(ts) AS TABLE
    SELECT doc_id, asset, event_ts, available_ts, release_group, kind, strength, delay_h, half_life_h, peak_log_return, permanent_log_return, source, is_simulated, run_id, ingested_ts, version
    FROM core.simulated_truth_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT doc_id, asset, event_ts, available_ts, release_group, kind, strength, delay_h, half_life_h, peak_log_return, permanent_log_return, source, is_simulated, run_id, ingested_ts, version
        FROM core.simulated_truth_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id, asset ORDER BY version DESC) = 1
    );
