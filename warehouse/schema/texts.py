"""Vectors, stories and novelty of texts; who wrote them: scores, verdicts, generated releases, detection."""

import polars as pl

from warehouse.schema.entity import (
    AVAILABLE_AS_DOCUMENT,
    DETECTOR,
    DOC_ID,
    N_GENERATED,
    N_REAL,
    TITLE,
    TS,
    Column,
    Entity,
    Rule,
)

VERDICT_COLUMNS = (
    Column("n_tokens", "INTEGER", "Its tokens: the first 256 at most"),
    Column("words_score", "DOUBLE", "Log odds of a machine by its words; null: an earlier detector's", required=False),
    Column("reading_score", "DOUBLE", "Log odds by the language model; null: its words settled it", required=False),
    Column("machine_probability", "DOUBLE", "Probability of machine authorship; null: too short", required=False),
    Column(
        "threshold", "DOUBLE", "Probability beyond which a text of its kind is flagged; null: no such", required=False
    ),
    Column(
        "verdict",
        "VARCHAR",
        "flagged, not flagged, too short, or not calibrated (for its kind); machine-written is not false",
    ),
    Column(
        "striking",
        "VARCHAR",
        "JSON of the most machine-like stretches: words, log odds; null: not read",
        required=False,
    ),
)

DOCUMENT_AUTHORSHIP = Entity(
    "document_authorship",
    "features",
    "How likely each document is machine-written, by the shipped detector; simulated prose is left out",
    ("doc_id", "detector"),
    (
        DOC_ID,
        DETECTOR,
        AVAILABLE_AS_DOCUMENT,
        *VERDICT_COLUMNS,
    ),
    kind="kept",
)

GENERATED_RELEASES = Entity(
    "generated_releases",
    "models",
    "Releases that a language model wrote for research: never news, never in core, never published",
    ("text_id",),
    (
        Column("text_id", "VARCHAR", "Hash of model, prompt, parameters, seed and number"),
        Column("batch_id", "VARCHAR", "Hash of what the releases of a batch share"),
        Column("number", "INTEGER", "Place in the batch, from 0"),
        Column("kind", "VARCHAR", "press_release, exchange_announcement or news"),
        Column("asset", "VARCHAR", "Asset that it was asked to speak of"),
        TITLE,
        Column("body", "VARCHAR", "Text"),
        Column("authorship", "VARCHAR", "machine, always"),
        Column("mark", "VARCHAR", "What every copy of the text has to carry"),
        Column("model", "VARCHAR", "Language model"),
        Column("revision", "VARCHAR", "Version of its package, its commit, or a hash of its weights"),
        Column("prompt", "VARCHAR", "What the model was shown"),
        Column("examples", "VARCHAR", "Documents that it was shown (core.documents)", required=False),
        Column("parameters", "VARCHAR", "JSON: sampling, frame, size of a batch"),
        Column("frame_share", "DOUBLE", "Share of its characters that the form gave, not the model"),
        Column("seed", "BIGINT", "Seed"),
        Column("created_ts", TS, "When it was written (wall clock, UTC)", compared=False),
    ),
    kind="kept",
    rules=(Rule("authorship of a generated release is not machine", lambda: pl.col("authorship") != "machine"),),
)

GENERATED_SCORES = Entity(
    "generated_scores",
    "models",
    "What the shipped detector says of each generated release",
    ("text_id", "detector"),
    (
        Column("text_id", "VARCHAR", "Generated release (models.generated_releases)"),
        DETECTOR,
        *VERDICT_COLUMNS,
    ),
    stage="authorship",
)

TEXT_QUALITY = Entity(
    "text_quality",
    "models",
    "Quality of generated releases, beside real ones of the same kind",
    ("batch_id", "metric"),
    (
        Column("batch_id", "VARCHAR", "Batch (models.generated_releases)"),
        Column("metric", "VARCHAR", "What was measured: docs/methods.md lists them"),
        Column("generated", "DOUBLE", "Of the generated releases", required=False),
        Column("real", "DOUBLE", "Of real releases of the kind, or of those that it was shown", required=False),
        N_GENERATED,
        N_REAL,
    ),
    kind="kept",
)

DETECTION = Entity(
    "detection",
    "models",
    "How well generated releases are told from real ones of the same kind, by language model that wrote them",
    ("model", "kind", "score", "min_tokens"),
    (
        Column("model", "VARCHAR", "Language model that wrote the releases"),
        Column("kind", "VARCHAR", "press_release, exchange_announcement or news"),
        Column("score", "VARCHAR", "machine_probability (the detector), or words_score (its words alone)"),
        Column("min_tokens", "INTEGER", "Least length of the texts (tokens): 30, 50, 100, 200"),
        Column("max_tokens", "INTEGER", "Texts are shorter than this (tokens); as read, 256 at most"),
        Column("auroc", "DOUBLE", "Area under the ROC curve"),
        Column("low", "DOUBLE", "Lower end of its 95 % bootstrap interval", required=False),
        Column("high", "DOUBLE", "Upper end of its 95 % bootstrap interval", required=False),
        Column("true_positive_rate", "DOUBLE", "Share of generated ones found where 1 % of real ones are flagged"),
        Column("flagged_generated", "DOUBLE", "Share of generated ones above the shipped threshold", required=False),
        Column("flagged_real", "DOUBLE", "Share of real ones above the shipped threshold", required=False),
        N_GENERATED,
        N_REAL,
    ),
    stage="authorship",
)

DOCUMENT_EMBEDDINGS = Entity(
    "document_embeddings",
    "features",
    "One vector per document",
    ("doc_id", "model"),
    (
        DOC_ID,
        Column("model", "VARCHAR", "Embedding model"),
        AVAILABLE_AS_DOCUMENT,
        Column("embedding", "FLOAT[]", "Vector of unit length"),
    ),
    kind="kept",
)

DOCUMENT_STORIES = Entity(
    "document_stories",
    "features",
    "Which documents tell the same story in nearly the same words, and which of them was first",
    ("doc_id",),
    (
        DOC_ID,
        Column("story_id", "VARCHAR", "First document of the story"),
        Column("copy_number", "INTEGER", "0 for the first document, then 1, 2, … in order of availability"),
        Column("similarity", "DOUBLE", "Estimated Jaccard similarity to the first document (pairs of words)"),
        AVAILABLE_AS_DOCUMENT,
    ),
    stage="derive",
)

DOCUMENT_NOVELTY = Entity(
    "document_novelty",
    "features",
    "How new each document is beside those of the past week that were there before it",
    ("doc_id",),
    (
        DOC_ID,
        AVAILABLE_AS_DOCUMENT,
        Column("novelty", "DOUBLE", "1 − highest cosine similarity to a document of the past week; 1 where none was"),
        Column("nearest_doc_id", "VARCHAR", "Document of the past week that is nearest in meaning", required=False),
        Column("nearest_similarity", "DOUBLE", "Its cosine similarity, by the sentence model", required=False),
    ),
    stage="derive",
)
