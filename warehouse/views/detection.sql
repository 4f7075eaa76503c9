CREATE OR REPLACE VIEW marts.detection AS
SELECT e.model, e.kind, e.score, e.min_tokens, e.max_tokens, e.auroc, e.low, e.high, e.true_positive_rate, e.flagged_generated, e.flagged_real, e.n_generated, e.n_real, e.is_simulated
FROM models.detection e;
COMMENT ON VIEW marts.detection IS 'How well generated releases are told from real ones of the same kind';
COMMENT ON COLUMN marts.detection.model IS 'Language model that wrote the releases';
COMMENT ON COLUMN marts.detection.kind IS 'press_release, exchange_announcement or news';
COMMENT ON COLUMN marts.detection.score IS 'machine_probability (the detector), or a token score alone';
COMMENT ON COLUMN marts.detection.min_tokens IS 'Least length of the texts (tokens): 30, 50, 100, 200';
COMMENT ON COLUMN marts.detection.max_tokens IS 'Texts are shorter than this (tokens); as read, 256 at most';
COMMENT ON COLUMN marts.detection.auroc IS 'Area under the ROC curve';
COMMENT ON COLUMN marts.detection.low IS 'Lower end of its 95 % bootstrap interval';
COMMENT ON COLUMN marts.detection.high IS 'Upper end of its 95 % bootstrap interval';
COMMENT ON COLUMN marts.detection.true_positive_rate IS 'Share of generated ones found where 1 % of real ones are flagged';
COMMENT ON COLUMN marts.detection.flagged_generated IS 'Share of generated ones above the shipped threshold';
COMMENT ON COLUMN marts.detection.flagged_real IS 'Share of real ones above the shipped threshold';
COMMENT ON COLUMN marts.detection.n_generated IS 'Generated releases';
COMMENT ON COLUMN marts.detection.n_real IS 'Real releases';
COMMENT ON COLUMN marts.detection.is_simulated IS 'True where the row comes from the market simulator or rests on it';
