-- The newest version of each key that was available at `ts`. Keys with one version, nearly all, need no window.

CREATE OR REPLACE MACRO core.candles_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.candles_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.candles_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY exchange, symbol, timeframe, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.supply_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.supply_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.supply_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY coin, chain, source, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.asset_metrics_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.asset_metrics_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.asset_metrics_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY asset, metric, source, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.stablecoins_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.stablecoins_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.stablecoins_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY coin, source ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.funding_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.funding_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.funding_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY exchange, symbol, event_ts ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.documents_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.documents_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.documents_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.document_assets_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.document_assets_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.document_assets_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id, asset ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.simulated_truth_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.simulated_truth_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.simulated_truth_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id, asset ORDER BY version DESC) = 1
    );

CREATE OR REPLACE MACRO core.document_labels_as_of(ts) AS TABLE
    SELECT * EXCLUDE (is_latest) FROM core.document_labels_versions WHERE available_ts <= ts AND version = 1 AND is_latest
    UNION ALL
    SELECT * FROM (
        SELECT * EXCLUDE (is_latest) FROM core.document_labels_versions WHERE available_ts <= ts AND NOT (version = 1 AND is_latest)
        QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY version DESC) = 1
    );
