-- How well generated releases are told from real ones of the same kind
-- grain: model, kind, score, min_tokens
CREATE OR REPLACE VIEW marts.detection AS
SELECT e.model, e.kind, e.score, e.min_tokens, e.max_tokens, e.auroc, e.low, e.high, e.true_positive_rate, e.flagged_generated, e.flagged_real, e.n_generated, e.n_real, e.is_simulated
FROM models.detection e;
