CREATE OR REPLACE VIEW marts.other_words AS
SELECT doc_id, asset, horizon_h, words, text_id, available_ts, model_id, median, width, is_simulated
FROM models.counterfactual;
COMMENT ON VIEW marts.other_words IS 'Same past, other words: what the network expects after each real release with another text in its place';
COMMENT ON COLUMN marts.other_words.doc_id IS 'Document whose place it is (core.documents)';
COMMENT ON COLUMN marts.other_words.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.other_words.horizon_h IS 'Hours ahead';
COMMENT ON COLUMN marts.other_words.words IS 'real, generated, shuffled (an earlier release of the asset), other_asset or none';
COMMENT ON COLUMN marts.other_words.text_id IS 'Document or generated release that was read; null: none';
COMMENT ON COLUMN marts.other_words.available_ts IS 'As the document (UTC)';
COMMENT ON COLUMN marts.other_words.model_id IS 'Model, trained wholly before the release';
COMMENT ON COLUMN marts.other_words.median IS 'Median log return expected';
COMMENT ON COLUMN marts.other_words.width IS 'Width of the 90 % band (log return)';
COMMENT ON COLUMN marts.other_words.is_simulated IS 'True where the row comes from the market simulator or rests on it';
