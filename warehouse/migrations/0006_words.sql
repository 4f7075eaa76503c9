-- Who wrote it: verdicts per document, releases that tapewire generates, and how well the two are told apart.

DROP TABLE features.news_hourly;
CREATE TABLE features.news_hourly (
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "documents_1h" INTEGER,
    "documents_24h" INTEGER,
    "intensity" DOUBLE,
    "novelty" DOUBLE,
    "machine_probability" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.news_hourly IS 'News per asset and hour, counted when it was available';
COMMENT ON COLUMN features.news_hourly."asset" IS 'Canonical ticker';
COMMENT ON COLUMN features.news_hourly."event_ts" IS 'When it happened (UTC)';
COMMENT ON COLUMN features.news_hourly."available_ts" IS 'First moment at which anyone could have known it (UTC)';
COMMENT ON COLUMN features.news_hourly."documents_1h" IS 'Stories that became available in the hour; copies count once';
COMMENT ON COLUMN features.news_hourly."documents_24h" IS 'Stories that became available in the last 24 hours; copies count once';
COMMENT ON COLUMN features.news_hourly."intensity" IS 'log(1 + stories of 24 h) less its mean over the past 30 days';
COMMENT ON COLUMN features.news_hourly."novelty" IS '1 − highest cosine similarity to a document of the past week';
COMMENT ON COLUMN features.news_hourly."machine_probability" IS 'Highest probability of machine authorship among the hour''s stories';
COMMENT ON COLUMN features.news_hourly."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.news_hourly."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.news_hourly."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.news_hourly."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE features.document_novelty (
    "doc_id" VARCHAR,
    "available_ts" TIMESTAMPTZ,
    "novelty" DOUBLE,
    "nearest_doc_id" VARCHAR,
    "nearest_similarity" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.document_novelty IS 'How new each document is beside those of the past week that were there before it';
COMMENT ON COLUMN features.document_novelty."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN features.document_novelty."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN features.document_novelty."novelty" IS '1 − highest cosine similarity to a document of the past week; 1 where none was';
COMMENT ON COLUMN features.document_novelty."nearest_doc_id" IS 'Document of the past week that is nearest in meaning';
COMMENT ON COLUMN features.document_novelty."nearest_similarity" IS 'Its cosine similarity, by the sentence model';
COMMENT ON COLUMN features.document_novelty."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.document_novelty."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.document_novelty."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.document_novelty."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE features.document_authorship (
    "doc_id" VARCHAR,
    "detector" VARCHAR,
    "available_ts" TIMESTAMPTZ,
    "n_tokens" INTEGER,
    "log_likelihood" DOUBLE,
    "log_rank" DOUBLE,
    "lrr" DOUBLE,
    "top_1" DOUBLE,
    "top_10" DOUBLE,
    "top_100" DOUBLE,
    "entropy" DOUBLE,
    "curvature" DOUBLE,
    "machine_probability" DOUBLE,
    "threshold" DOUBLE,
    "verdict" VARCHAR,
    "striking" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.document_authorship IS 'How likely each document is machine-written, by the shipped detector; simulated prose is left out';
COMMENT ON COLUMN features.document_authorship."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN features.document_authorship."detector" IS 'Language model and detector that judged it';
COMMENT ON COLUMN features.document_authorship."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN features.document_authorship."n_tokens" IS 'Tokens read: the first 256 at most';
COMMENT ON COLUMN features.document_authorship."log_likelihood" IS 'Mean log probability of its tokens';
COMMENT ON COLUMN features.document_authorship."log_rank" IS 'Mean log rank of its tokens';
COMMENT ON COLUMN features.document_authorship."lrr" IS '−log_likelihood ÷ log_rank';
COMMENT ON COLUMN features.document_authorship."top_1" IS 'Share of tokens that were the likeliest (GLTR)';
COMMENT ON COLUMN features.document_authorship."top_10" IS 'Share of tokens among the 10 likeliest';
COMMENT ON COLUMN features.document_authorship."top_100" IS 'Share of tokens among the 100 likeliest';
COMMENT ON COLUMN features.document_authorship."entropy" IS 'Mean entropy of what the model expected (nats)';
COMMENT ON COLUMN features.document_authorship."curvature" IS 'Fast-DetectGPT''s conditional curvature, in closed form';
COMMENT ON COLUMN features.document_authorship."machine_probability" IS 'Probability of machine authorship; null: too short';
COMMENT ON COLUMN features.document_authorship."threshold" IS 'Probability from which a text is flagged: 1 % of human texts exceed it';
COMMENT ON COLUMN features.document_authorship."verdict" IS 'flagged, not flagged, or too short to tell; machine-written is not false';
COMMENT ON COLUMN features.document_authorship."striking" IS 'JSON of the stretches that were too likely: words and deviations';
COMMENT ON COLUMN features.document_authorship."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.document_authorship."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.document_authorship."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.document_authorship."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.generated_releases (
    "text_id" VARCHAR,
    "batch_id" VARCHAR,
    "number" INTEGER,
    "kind" VARCHAR,
    "asset" VARCHAR,
    "title" VARCHAR,
    "body" VARCHAR,
    "authorship" VARCHAR,
    "mark" VARCHAR,
    "model" VARCHAR,
    "revision" VARCHAR,
    "prompt" VARCHAR,
    "examples" VARCHAR,
    "parameters" VARCHAR,
    "frame_share" DOUBLE,
    "seed" BIGINT,
    "created_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.generated_releases IS 'Releases that a language model wrote for research: never news, never in core, never published';
COMMENT ON COLUMN models.generated_releases."text_id" IS 'Hash of model, prompt, parameters, seed and number';
COMMENT ON COLUMN models.generated_releases."batch_id" IS 'Hash of what the releases of a batch share';
COMMENT ON COLUMN models.generated_releases."number" IS 'Place in the batch, from 0';
COMMENT ON COLUMN models.generated_releases."kind" IS 'press_release, exchange_announcement or news';
COMMENT ON COLUMN models.generated_releases."asset" IS 'Asset that it was asked to speak of';
COMMENT ON COLUMN models.generated_releases."title" IS 'Headline';
COMMENT ON COLUMN models.generated_releases."body" IS 'Text';
COMMENT ON COLUMN models.generated_releases."authorship" IS 'machine, always';
COMMENT ON COLUMN models.generated_releases."mark" IS 'What every copy of the text has to carry';
COMMENT ON COLUMN models.generated_releases."model" IS 'Language model';
COMMENT ON COLUMN models.generated_releases."revision" IS 'Version of its package, its commit, or a hash of its weights';
COMMENT ON COLUMN models.generated_releases."prompt" IS 'What the model was shown';
COMMENT ON COLUMN models.generated_releases."examples" IS 'Documents that it was shown (core.documents)';
COMMENT ON COLUMN models.generated_releases."parameters" IS 'JSON: sampling, frame, size of a batch';
COMMENT ON COLUMN models.generated_releases."frame_share" IS 'Share of its characters that the form gave, not the model';
COMMENT ON COLUMN models.generated_releases."seed" IS 'Seed';
COMMENT ON COLUMN models.generated_releases."created_ts" IS 'When it was written (wall clock, UTC)';
COMMENT ON COLUMN models.generated_releases."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.generated_releases."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.generated_releases."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.generated_releases."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.generated_scores (
    "text_id" VARCHAR,
    "detector" VARCHAR,
    "n_tokens" INTEGER,
    "log_likelihood" DOUBLE,
    "log_rank" DOUBLE,
    "lrr" DOUBLE,
    "top_1" DOUBLE,
    "top_10" DOUBLE,
    "top_100" DOUBLE,
    "entropy" DOUBLE,
    "curvature" DOUBLE,
    "machine_probability" DOUBLE,
    "threshold" DOUBLE,
    "verdict" VARCHAR,
    "striking" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.generated_scores IS 'What the shipped detector says of each generated release';
COMMENT ON COLUMN models.generated_scores."text_id" IS 'Generated release (models.generated_releases)';
COMMENT ON COLUMN models.generated_scores."detector" IS 'Language model and detector that judged it';
COMMENT ON COLUMN models.generated_scores."n_tokens" IS 'Tokens read: the first 256 at most';
COMMENT ON COLUMN models.generated_scores."log_likelihood" IS 'Mean log probability of its tokens';
COMMENT ON COLUMN models.generated_scores."log_rank" IS 'Mean log rank of its tokens';
COMMENT ON COLUMN models.generated_scores."lrr" IS '−log_likelihood ÷ log_rank';
COMMENT ON COLUMN models.generated_scores."top_1" IS 'Share of tokens that were the likeliest (GLTR)';
COMMENT ON COLUMN models.generated_scores."top_10" IS 'Share of tokens among the 10 likeliest';
COMMENT ON COLUMN models.generated_scores."top_100" IS 'Share of tokens among the 100 likeliest';
COMMENT ON COLUMN models.generated_scores."entropy" IS 'Mean entropy of what the model expected (nats)';
COMMENT ON COLUMN models.generated_scores."curvature" IS 'Fast-DetectGPT''s conditional curvature, in closed form';
COMMENT ON COLUMN models.generated_scores."machine_probability" IS 'Probability of machine authorship; null: too short';
COMMENT ON COLUMN models.generated_scores."threshold" IS 'Probability from which a text is flagged: 1 % of human texts exceed it';
COMMENT ON COLUMN models.generated_scores."verdict" IS 'flagged, not flagged, or too short to tell; machine-written is not false';
COMMENT ON COLUMN models.generated_scores."striking" IS 'JSON of the stretches that were too likely: words and deviations';
COMMENT ON COLUMN models.generated_scores."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.generated_scores."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.generated_scores."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.generated_scores."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.text_quality (
    "batch_id" VARCHAR,
    "metric" VARCHAR,
    "generated" DOUBLE,
    "real" DOUBLE,
    "n_generated" INTEGER,
    "n_real" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.text_quality IS 'Quality of generated releases, beside real ones of the same kind';
COMMENT ON COLUMN models.text_quality."batch_id" IS 'Batch (models.generated_releases)';
COMMENT ON COLUMN models.text_quality."metric" IS 'What was measured: docs/methods.md lists them';
COMMENT ON COLUMN models.text_quality."generated" IS 'Of the generated releases';
COMMENT ON COLUMN models.text_quality."real" IS 'Of real releases of the kind, or of those that it was shown';
COMMENT ON COLUMN models.text_quality."n_generated" IS 'Generated releases';
COMMENT ON COLUMN models.text_quality."n_real" IS 'Real releases';
COMMENT ON COLUMN models.text_quality."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.text_quality."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.text_quality."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.text_quality."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.detection (
    "model" VARCHAR,
    "kind" VARCHAR,
    "score" VARCHAR,
    "min_tokens" INTEGER,
    "max_tokens" INTEGER,
    "auroc" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "true_positive_rate" DOUBLE,
    "flagged_generated" DOUBLE,
    "flagged_real" DOUBLE,
    "n_generated" INTEGER,
    "n_real" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.detection IS 'How well generated releases are told from real ones of the same kind, by language model that wrote them';
COMMENT ON COLUMN models.detection."model" IS 'Language model that wrote the releases';
COMMENT ON COLUMN models.detection."kind" IS 'press_release, exchange_announcement or news';
COMMENT ON COLUMN models.detection."score" IS 'machine_probability (the detector), or a token score alone';
COMMENT ON COLUMN models.detection."min_tokens" IS 'Least length of the texts (tokens): 30, 50, 100, 200';
COMMENT ON COLUMN models.detection."max_tokens" IS 'Texts are shorter than this (tokens); as read, 256 at most';
COMMENT ON COLUMN models.detection."auroc" IS 'Area under the ROC curve';
COMMENT ON COLUMN models.detection."low" IS 'Lower end of its 95 % bootstrap interval';
COMMENT ON COLUMN models.detection."high" IS 'Upper end of its 95 % bootstrap interval';
COMMENT ON COLUMN models.detection."true_positive_rate" IS 'Share of generated ones found where 1 % of real ones are flagged';
COMMENT ON COLUMN models.detection."flagged_generated" IS 'Share of generated ones above the shipped threshold';
COMMENT ON COLUMN models.detection."flagged_real" IS 'Share of real ones above the shipped threshold';
COMMENT ON COLUMN models.detection."n_generated" IS 'Generated releases';
COMMENT ON COLUMN models.detection."n_real" IS 'Real releases';
COMMENT ON COLUMN models.detection."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.detection."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.detection."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.detection."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
