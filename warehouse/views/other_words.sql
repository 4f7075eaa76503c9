-- Same past, other words: what the network expects after each real release with another text in its place
-- grain: doc_id, asset, horizon_h, words
CREATE OR REPLACE VIEW marts.other_words AS
SELECT doc_id, asset, horizon_h, words, text_id, available_ts, model_id, median, width, is_simulated
FROM models.counterfactual;
