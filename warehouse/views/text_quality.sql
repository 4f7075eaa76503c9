-- Quality of generated releases beside real ones
-- grain: batch_id, metric
-- kind: Kind of the releases
-- asset: Asset that they speak of
-- created_ts: When the newest of them was written (UTC)
CREATE OR REPLACE VIEW marts.text_quality AS
SELECT e.batch_id, e.metric, e.generated, e.real, e.n_generated, e.n_real, g.model, g.revision, g.kind, g.asset, g.created_ts, e.is_simulated
FROM models.text_quality e
JOIN (SELECT batch_id, any_value(model) AS model, any_value(revision) AS revision, any_value(kind) AS kind, any_value(asset) AS asset, max(created_ts) AS created_ts FROM models.generated_releases GROUP BY batch_id) g USING (batch_id);
