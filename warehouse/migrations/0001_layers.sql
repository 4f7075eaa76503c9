-- The layers, and the tables that say what happened.
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS features;
CREATE SCHEMA IF NOT EXISTS models;
CREATE SCHEMA IF NOT EXISTS marts;
CREATE SCHEMA IF NOT EXISTS ops;

CREATE TABLE raw.pages (
    page_hash VARCHAR, source VARCHAR, locator VARCHAR, n_rows BIGINT, n_bytes BIGINT,
    payload BLOB, received_ts TIMESTAMPTZ, run_id VARCHAR
);
COMMENT ON TABLE raw.pages IS 'Pages as received, append-only: small ones with their bytes, large ones by hash and locator';

CREATE TABLE ops.runs (
    run_id VARCHAR, flow VARCHAR, profile VARCHAR, as_of_ts TIMESTAMPTZ, started_ts TIMESTAMPTZ,
    finished_ts TIMESTAMPTZ, status VARCHAR, exit_code INTEGER, code_fingerprint VARCHAR, settings VARCHAR,
    is_simulated BOOLEAN
);
COMMENT ON TABLE ops.runs IS 'Runs of flows and commands';
COMMENT ON COLUMN ops.runs.as_of_ts IS 'Moment that the run looked from (UTC)';
COMMENT ON COLUMN ops.runs.settings IS 'JSON of every setting needed to run it again';

CREATE TABLE ops.stages (
    stage VARCHAR, fingerprint VARCHAR, run_id VARCHAR, finished_ts TIMESTAMPTZ, seconds DOUBLE, note VARCHAR
);
COMMENT ON TABLE ops.stages IS 'Stages that were done, by the fingerprint of inputs, settings and code';

CREATE TABLE ops.writes (
    run_id VARCHAR, entity VARCHAR, source VARCHAR, n_new BIGINT, n_changed BIGINT, n_unchanged BIGINT,
    n_removed BIGINT, n_quarantined BIGINT, written_ts TIMESTAMPTZ
);
COMMENT ON TABLE ops.writes IS 'What each write did: lineage from run and source to table';

CREATE TABLE ops.quarantine (
    entity VARCHAR, source VARCHAR, locator VARCHAR, reason VARCHAR, payload VARCHAR, payload_hash VARCHAR,
    run_id VARCHAR, quarantined_ts TIMESTAMPTZ, is_simulated BOOLEAN
);
COMMENT ON TABLE ops.quarantine IS 'Rows that were refused, with the reason and the row as received';

CREATE TABLE ops.source_status (
    run_id VARCHAR, source VARCHAR, delivered BOOLEAN, n_rows BIGINT, reason VARCHAR, seconds DOUBLE,
    checked_ts TIMESTAMPTZ
);
COMMENT ON TABLE ops.source_status IS 'Whether each source delivered, and why not';

CREATE TABLE ops.checks (
    run_id VARCHAR, check_name VARCHAR, entity VARCHAR, severity VARCHAR, subject VARCHAR, n_rows BIGINT,
    detail VARCHAR, as_of_ts TIMESTAMPTZ, checked_ts TIMESTAMPTZ
);
COMMENT ON TABLE ops.checks IS 'Findings of the quality checks; a check that found nothing has one row with subject NULL and n_rows 0';
