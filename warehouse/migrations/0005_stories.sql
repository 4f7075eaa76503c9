-- Which documents tell the same story, so that a flood of copies counts as one.

CREATE TABLE features.document_stories (
    "doc_id" VARCHAR,
    "story_id" VARCHAR,
    "copy_number" INTEGER,
    "similarity" DOUBLE,
    "available_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.document_stories IS 'Which documents tell the same story in nearly the same words, and which of them was first';
COMMENT ON COLUMN features.document_stories."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN features.document_stories."story_id" IS 'First document of the story';
COMMENT ON COLUMN features.document_stories."copy_number" IS '0 for the first document, then 1, 2, … in order of availability';
COMMENT ON COLUMN features.document_stories."similarity" IS 'Estimated Jaccard similarity to the first document (pairs of words)';
COMMENT ON COLUMN features.document_stories."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN features.document_stories."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.document_stories."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.document_stories."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.document_stories."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

COMMENT ON COLUMN features.news_hourly."documents_1h" IS 'Stories that became available in the hour; copies count once';
COMMENT ON COLUMN features.news_hourly."documents_24h" IS 'Stories that became available in the last 24 hours; copies count once';
COMMENT ON COLUMN features.news_hourly."intensity" IS 'log(1 + stories of 24 h) less its mean over the past 30 days';
