-- What the network’s newest forecasts attended to: its sensitivity, not a cause; asset ALL: on average
-- grain: model_id, asset, horizon_h, kind, subject
-- title: Headline of the document
CREATE OR REPLACE VIEW marts.forecast_explanations AS
SELECT e.model_id, e.asset, e.origin_ts, e.horizon_h, e.kind, e.subject, d.title, e.attention, e.width_change,
       e.median_change, e.is_simulated
FROM models.explanations e LEFT JOIN core.documents d ON e.kind = 'document' AND e.subject = d.doc_id;
