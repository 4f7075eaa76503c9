-- Same past, other words: what the response model expects after each release with another text in its place
-- grain: doc_id, asset, window_h, words
CREATE OR REPLACE VIEW marts.other_words AS
SELECT doc_id, asset, window_h, words, text_id, available_ts, median, width, none_median, none_width, is_simulated
FROM models.counterfactual;
