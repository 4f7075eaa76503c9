-- The detector no longer rests on token scores (likelihood, rank, entropy, curvature) but on words and on the states of a
-- language model: its verdicts keep both scores, and those of earlier detectors their probability, threshold and verdict.
DROP VIEW IF EXISTS features.newest_authorship CASCADE;
ALTER TABLE features.document_authorship DROP COLUMN log_likelihood;
ALTER TABLE features.document_authorship DROP COLUMN log_rank;
ALTER TABLE features.document_authorship DROP COLUMN lrr;
ALTER TABLE features.document_authorship DROP COLUMN top_1;
ALTER TABLE features.document_authorship DROP COLUMN top_10;
ALTER TABLE features.document_authorship DROP COLUMN top_100;
ALTER TABLE features.document_authorship DROP COLUMN entropy;
ALTER TABLE features.document_authorship DROP COLUMN curvature;
ALTER TABLE features.document_authorship ADD COLUMN words_score DOUBLE;
ALTER TABLE features.document_authorship ADD COLUMN reading_score DOUBLE;
