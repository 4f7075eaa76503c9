"""Documents, their assets, what their sources and a desk say of them later, and the simulator's truth."""

import polars as pl

from domain.labels import AUTHORSHIP, VERACITY
from warehouse.schema.entity import (
    ASSET,
    AVAILABLE_AFTER_EVENT,
    AVAILABLE_AS_DOCUMENT,
    DOC_ID,
    EVENT_AS_DOCUMENT,
    TITLE,
    TS,
    Column,
    Entity,
    Rule,
    in_range,
    one_of,
)

DOCUMENTS = Entity(
    "documents",
    "core",
    "News, press releases and announcements; a version per revision of the text or its labels",
    ("doc_id",),
    (
        Column("doc_id", "VARCHAR", "Hash of the canonical URL, else of publisher and guid"),
        Column("event_ts", TS, "Publication (UTC), start of what its precision allows"),
        Column("available_ts", TS, "Latest moment that the precision of the publication time allows (UTC)"),
        Column("ts_precision", "VARCHAR", "second, minute, hour or day"),
        Column("is_late_stamp", "BOOLEAN", "True where the time is of the first report, not the announcement"),
        Column(
            "availability_assumed", "BOOLEAN", "True for back-filled documents that nobody saw arrive", compared=False
        ),
        Column(
            "first_seen_ts",
            TS,
            "When a live source saw it first (UTC); null where none did",
            required=False,
            frozen=True,
        ),
        Column("publisher", "VARCHAR", "Newsroom, wire or channel"),
        Column("kind", "VARCHAR", "press_release, news, exchange_announcement or event"),
        TITLE,
        Column("body", "VARCHAR", "Text, reduced from HTML; empty where only the headline is known"),
        Column("url", "VARCHAR", "Address as published", required=False),
        Column("authorship", "VARCHAR", "human, machine or unknown: who wrote it"),
        Column("authorship_evidence", "VARCHAR", "How authorship is known: provenance, labelled, none"),
        Column("veracity", "VARCHAR", "true, false or unknown: whether what it says is so"),
        Column("veracity_evidence", "VARCHAR", "How veracity is known: provenance, labelled, none"),
    ),
    kind="versioned",
    rules=(
        Rule("title and body are both empty", lambda: (pl.col("title") == "") & (pl.col("body") == "")),
        one_of("authorship", AUTHORSHIP),
        one_of("veracity", VERACITY),
        AVAILABLE_AFTER_EVENT,
    ),
)

DOCUMENT_ASSETS = Entity(
    "document_assets",
    "core",
    "Which assets a document speaks of",
    ("doc_id", "asset"),
    (
        DOC_ID,
        ASSET,
        EVENT_AS_DOCUMENT,
        AVAILABLE_AS_DOCUMENT,
        Column("confidence", "DOUBLE", "How sure the link is, 0 to 1"),
        Column(
            "method",
            "VARCHAR",
            "given by the source, curated, linked by the table of entities, withdrawn by an edit (0), or simulated",
        ),
    ),
    kind="versioned",
    rules=(in_range("confidence", 0, 1), AVAILABLE_AFTER_EVENT),
)

SOURCE_LABELS = Entity(
    "source_labels",
    "core",
    "What a document's source says of it beside its text, known later than the text: labels, retraction, reported move",
    ("doc_id",),
    (
        DOC_ID,
        EVENT_AS_DOCUMENT,
        Column("available_ts", TS, "The retraction, to its precision; where none is known, when it was read (UTC)"),
        Column("authorship", "VARCHAR", "human, machine or unknown: who wrote it", required=False),
        Column("veracity", "VARCHAR", "true, false or unknown: whether what it says is so", required=False),
        Column("event_label", "VARCHAR", "What kind of event its source calls it", required=False),
        Column("is_recommended", "BOOLEAN", "False where a curated table advises against a clean test"),
        Column("retracted_ts", TS, "When it was retracted or denied (UTC)", required=False),
        Column("reported_move", "VARCHAR", "Price move as contemporaries reported it", required=False),
        Column("curator_title", "VARCHAR", "How a curated table puts it, in hindsight", required=False),
        Column("curator_channel", "VARCHAR", "Channel as a curated table names it, in hindsight", required=False),
        Column("report_url", "VARCHAR", "First report of it that a curated table names", required=False),
    ),
    kind="versioned",
    rules=(
        one_of("authorship", AUTHORSHIP),
        one_of("veracity", VERACITY),
        AVAILABLE_AFTER_EVENT,
    ),
)

DOCUMENT_LABELS = Entity(
    "document_labels",
    "core",
    "A desk's own labels of documents; they go before what the source says",
    ("doc_id",),
    (
        DOC_ID,
        EVENT_AS_DOCUMENT,
        Column("available_ts", TS, "When the label was given (UTC)"),
        Column("authorship", "VARCHAR", "human, machine or unknown: who wrote it", required=False),
        Column("veracity", "VARCHAR", "true, false or unknown: whether what it says is so", required=False),
        Column("note", "VARCHAR", "Who says so and why", required=False),
    ),
    kind="versioned",
    rules=(
        one_of("authorship", AUTHORSHIP),
        one_of("veracity", VERACITY),
        AVAILABLE_AFTER_EVENT,
    ),
)

SIMULATED_TRUTH = Entity(
    "simulated_truth",
    "core",
    "What the simulator planted: tests compare with it, no model ever reads it",
    ("doc_id", "asset"),
    (
        DOC_ID,
        ASSET,
        EVENT_AS_DOCUMENT,
        AVAILABLE_AS_DOCUMENT,
        Column("release_group", "VARCHAR", "real, generated or fabricated, by construction"),
        Column("kind", "VARCHAR", "Kind of news that the text tells"),
        Column("strength", "DOUBLE", "How strongly the text puts it, 0 to 1"),
        Column("delay_h", "DOUBLE", "Delay between the release and the start of the move (hours)"),
        Column("half_life_h", "DOUBLE", "Half-life of the part that reverts (hours)"),
        Column("peak_log_return", "DOUBLE", "Planted move at its peak (log return)"),
        Column("permanent_log_return", "DOUBLE", "Planted move that stays (log return)"),
    ),
    kind="versioned",
)
