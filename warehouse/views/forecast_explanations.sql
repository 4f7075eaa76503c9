CREATE OR REPLACE VIEW marts.forecast_explanations AS
SELECT e.model_id, e.asset, e.origin_ts, e.horizon_h, e.kind, e.subject, d.title, e.attention, e.width_change,
       e.median_change, e.is_simulated
FROM models.explanations e LEFT JOIN core.documents d ON e.kind = 'document' AND e.subject = d.doc_id;
COMMENT ON VIEW marts.forecast_explanations IS 'What the network’s newest forecasts leaned on: its sensitivity, not a cause; asset ALL: on average';
COMMENT ON COLUMN marts.forecast_explanations.model_id IS 'Model';
COMMENT ON COLUMN marts.forecast_explanations.asset IS 'Canonical ticker, or ALL for the mean size over many origins';
COMMENT ON COLUMN marts.forecast_explanations.origin_ts IS 'Origin of the forecast (UTC)';
COMMENT ON COLUMN marts.forecast_explanations.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.forecast_explanations.kind IS 'channel, hours_back or document';
COMMENT ON COLUMN marts.forecast_explanations.subject IS 'Name of the channel, hours back, or document';
COMMENT ON COLUMN marts.forecast_explanations.title IS 'Headline of the document';
COMMENT ON COLUMN marts.forecast_explanations.attention IS 'Share of the horizon’s attention; null for channels';
COMMENT ON COLUMN marts.forecast_explanations.width_change IS 'Log change of the 90 % band’s width that it makes';
COMMENT ON COLUMN marts.forecast_explanations.median_change IS 'Shift of the median that it makes, in sigma';
COMMENT ON COLUMN marts.forecast_explanations.is_simulated IS 'True where the row comes from the market simulator or rests on it';
