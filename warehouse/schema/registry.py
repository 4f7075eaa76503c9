"""Every table of the warehouse, declared once: columns, units, natural key, and the rules a row must keep.

The write path validates against these declarations, the quality checks and the data dictionary read them, and the
first migration was printed from them (a test holds the two together).

A *versioned* entity lives in `core.<name>_versions` with every version it ever had and in the view `core.<name>` with
the latest. A *derived* entity lives in one table and is replaced when it is computed anew.
"""

from warehouse.schema.documents import DOCUMENT_ASSETS, DOCUMENT_LABELS, DOCUMENTS, SIMULATED_TRUTH
from warehouse.schema.features import (
    CANDLE_FEATURES,
    DOCUMENT_EMBEDDINGS,
    DOCUMENT_NOVELTY,
    DOCUMENT_STORIES,
    NEWS_HOURLY,
    SSR_DAILY,
)
from warehouse.schema.forecasts import (
    BACKTEST_EQUITY,
    BACKTEST_METRICS,
    CALIBRATION,
    EXPLANATIONS,
    FORECASTS,
    SCORES,
    TRAINING_RUNS,
)
from warehouse.schema.impact import (
    IMPACT,
    IMPACT_COMPARISONS,
    IMPACT_CONCLUSIONS,
    IMPACT_COVERAGE,
    IMPACT_PATHS,
    IMPACT_TESTS,
)
from warehouse.schema.market import ASSET_METRICS, CANDLES, FUNDING, STABLECOINS, SUPPLY
from warehouse.schema.ops import ARCHIVE_FILES, ASKED_RANGES, COVERED, FEED_ITEMS, FEED_STATES
from warehouse.schema.releases import COUNTERFACTUAL, KNOWN_CASES, RELEASE_ALERTS, SCORED, SIMILAR_RELEASES
from warehouse.schema.texts import DETECTION, DOCUMENT_AUTHORSHIP, GENERATED_RELEASES, GENERATED_SCORES, TEXT_QUALITY

CORE = (
    CANDLES,
    SUPPLY,
    ASSET_METRICS,
    STABLECOINS,
    FUNDING,
    DOCUMENTS,
    DOCUMENT_ASSETS,
    DOCUMENT_LABELS,
    SIMULATED_TRUTH,
)
FEATURES = (
    SSR_DAILY, CANDLE_FEATURES, NEWS_HOURLY, DOCUMENT_EMBEDDINGS, DOCUMENT_STORIES, DOCUMENT_NOVELTY,
    DOCUMENT_AUTHORSHIP,
)  # fmt: skip
MODELS = (
    TRAINING_RUNS, FORECASTS, SCORES, CALIBRATION, EXPLANATIONS,
    IMPACT, IMPACT_COVERAGE, IMPACT_PATHS, IMPACT_TESTS, IMPACT_COMPARISONS, IMPACT_CONCLUSIONS, SCORED, COUNTERFACTUAL,
    RELEASE_ALERTS, SIMILAR_RELEASES, KNOWN_CASES,
    BACKTEST_EQUITY, BACKTEST_METRICS, GENERATED_RELEASES, GENERATED_SCORES, TEXT_QUALITY, DETECTION,
)  # fmt: skip
OPS = (ASKED_RANGES, COVERED, ARCHIVE_FILES, FEED_STATES, FEED_ITEMS)
ENTITIES = {e.name: e for e in CORE + FEATURES + MODELS + OPS}
