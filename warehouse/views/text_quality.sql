CREATE OR REPLACE VIEW marts.text_quality AS
SELECT e.batch_id, e.metric, e.generated, e.real, e.n_generated, e.n_real, g.model, g.revision, g.kind, g.asset, g.created_ts, e.is_simulated
FROM models.text_quality e
JOIN (SELECT batch_id, any_value(model) AS model, any_value(revision) AS revision, any_value(kind) AS kind, any_value(asset) AS asset, max(created_ts) AS created_ts FROM models.generated_releases GROUP BY batch_id) g USING (batch_id);
COMMENT ON VIEW marts.text_quality IS 'Quality of generated releases beside real ones';
COMMENT ON COLUMN marts.text_quality.batch_id IS 'Batch (models.generated_releases)';
COMMENT ON COLUMN marts.text_quality.metric IS 'What was measured: docs/methods.md lists them';
COMMENT ON COLUMN marts.text_quality.generated IS 'Of the generated releases';
COMMENT ON COLUMN marts.text_quality.real IS 'Of real releases of the kind, or of those that it was shown';
COMMENT ON COLUMN marts.text_quality.n_generated IS 'Generated releases';
COMMENT ON COLUMN marts.text_quality.n_real IS 'Real releases';
COMMENT ON COLUMN marts.text_quality.model IS 'Language model that wrote the batch';
COMMENT ON COLUMN marts.text_quality.revision IS 'Version of its package, its commit, or a hash of its weights';
COMMENT ON COLUMN marts.text_quality.kind IS 'Kind of the releases';
COMMENT ON COLUMN marts.text_quality.asset IS 'Asset that they speak of';
COMMENT ON COLUMN marts.text_quality.created_ts IS 'When the newest of them was written (UTC)';
COMMENT ON COLUMN marts.text_quality.is_simulated IS 'True where the row comes from the market simulator or rests on it';
