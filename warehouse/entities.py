"""Every table of the warehouse, declared once: columns, units, natural key, and the rules a row must keep.

The write path validates against these declarations, the quality checks and the data dictionary read them, and the
first migration was printed from them (a test holds the two together).

A *versioned* entity lives in `core.<name>_versions` with every version it ever had and in the view `core.<name>` with
the latest. A *derived* entity lives in one table and is replaced when it is computed anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, what it means, and its unit where it has one.

    A row that differs in a column that is not `compared` only is unchanged. A `kept` column is never rewritten: a later
    version takes the value of the one before.
    """

    name: str
    type: str
    comment: str
    required: bool = True
    compared: bool = True
    kept: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition under which a row is refused; `when` is true for a bad row."""

    reason: str
    when: Callable[[], pl.Expr]


@dataclass(frozen=True)
class Entity:
    """One table: where it lives, what identifies a row, what a row holds."""

    name: str
    schema: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    versioned: bool = False
    rules: tuple[Rule, ...] = field(default=())

    @property
    def table(self) -> str:
        """The physical table, schema included."""
        return f"{self.schema}.{self.name}_versions" if self.versioned else f"{self.schema}.{self.name}"

    @property
    def given(self) -> tuple[Column, ...]:
        """The columns a writer hands over."""
        return self.columns

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that the table has, those added by the write path included."""
        return self.columns + (PROVENANCE + VERSION if self.versioned else PROVENANCE)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns whose change makes a row a changed row."""
        silent = set(self.key) | ({"available_ts"} if self.versioned else set())
        return tuple(c.name for c in self.columns if c.name not in silent and c.compared and not c.kept)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns that a later version takes over from the one before."""
        return tuple(c.name for c in self.columns if c.kept)


TS = "TIMESTAMPTZ"
EVENT_TS = Column("event_ts", TS, "When it happened (UTC)")
AVAILABLE_TS = Column("available_ts", TS, "First moment at which anyone could have known it (UTC)")

PROVENANCE = (
    Column("source", "VARCHAR", "Source that delivered the row, or the computation that made it"),
    Column("is_simulated", "BOOLEAN", "True where the row comes from the market simulator or rests on it"),
    Column("run_id", "VARCHAR", "Run that wrote the row (ops.runs)"),
    Column("ingested_ts", TS, "When tapewire wrote the row (wall clock, UTC)"),
)
VERSION = (
    Column("version", "INTEGER", "1 for the first version of the key, one more for each revision"),
    Column("is_latest", "BOOLEAN", "True for the newest version of the key"),
)


def _finite_positive(*names: str) -> tuple[Rule, ...]:
    def rule(name: str) -> Rule:
        good = pl.col(name).is_finite() & (pl.col(name) > 0)
        return Rule(f"{name} is not a positive finite number", lambda: ~good)

    return tuple(map(rule, names))


def _finite_or_null(*names: str) -> tuple[Rule, ...]:
    def rule(name: str) -> Rule:
        bad = pl.col(name).is_not_null() & ~(pl.col(name).is_finite() & (pl.col(name) >= 0))
        return Rule(f"{name} is negative or not finite", lambda: bad)

    return tuple(map(rule, names))


def _in_range(name: str, low: float, high: float) -> Rule:
    return Rule(
        f"{name} is outside [{low:g}, {high:g}]",
        lambda: pl.col(name).is_not_null() & ~pl.col(name).is_between(low, high),
    )


AVAILABLE_AFTER_EVENT = Rule("available_ts lies before event_ts", lambda: pl.col("available_ts") < pl.col("event_ts"))

TIMEFRAMES = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

CANDLES = Entity(
    "candles",
    "core",
    "Closed bars of trading, one per exchange, symbol, timeframe and opening time",
    ("exchange", "symbol", "timeframe", "event_ts"),
    (
        Column("exchange", "VARCHAR", "Exchange, by its ccxt id"),
        Column("symbol", "VARCHAR", "Market, by its ccxt unified symbol"),
        Column("timeframe", "VARCHAR", "Length of the bar: 1m, 5m, 15m, 1h or 1d"),
        Column("event_ts", TS, "Open of the bar (UTC)"),
        Column("available_ts", TS, "Close of the bar (UTC)"),
        Column("asset", "VARCHAR", "Canonical ticker of the base asset"),
        Column("quote", "VARCHAR", "Currency that prices are in"),
        Column("open_quote", "DOUBLE", "First price (quote currency)"),
        Column("high_quote", "DOUBLE", "Highest price (quote currency)"),
        Column("low_quote", "DOUBLE", "Lowest price (quote currency)"),
        Column("close_quote", "DOUBLE", "Last price (quote currency)"),
        Column("volume_base", "DOUBLE", "Traded volume (base asset)"),
    ),
    versioned=True,
    rules=(
        *_finite_positive("open_quote", "high_quote", "low_quote", "close_quote"),
        *_finite_or_null("volume_base"),
        Rule("high_quote is below low_quote", lambda: pl.col("high_quote") < pl.col("low_quote")),
        Rule(
            "high_quote is below open or close",
            lambda: pl.col("high_quote") < pl.max_horizontal("open_quote", "close_quote"),
        ),
        Rule(
            "low_quote is above open or close",
            lambda: pl.col("low_quote") > pl.min_horizontal("open_quote", "close_quote"),
        ),
        Rule("timeframe is unknown", lambda: ~pl.col("timeframe").is_in(list(TIMEFRAMES))),
        Rule(
            "event_ts is not the start of a bar of its timeframe",
            lambda: (
                pl.col("event_ts").dt.epoch("s")
                % pl.col("timeframe").replace_strict(TIMEFRAMES, default=1, return_dtype=pl.Int64)
                != 0
            ),
        ),
        AVAILABLE_AFTER_EVENT,
    ),
)

SUPPLY = Entity(
    "supply",
    "core",
    "Circulating supply and price of stablecoins, daily",
    ("coin", "chain", "source", "event_ts"),
    (
        Column("coin", "VARCHAR", "Ticker of the stablecoin; ALL_STABLES is a vendor's own total"),
        Column("chain", "VARCHAR", "Blockchain, or 'all'"),
        Column("event_ts", TS, "End of the UTC day that the value describes"),
        Column("available_ts", TS, "event_ts plus the lag that the source declares (UTC)"),
        Column("supply_units", "DOUBLE", "Coins in circulation (units of the coin)", required=False),
        Column("price_usd", "DOUBLE", "Price of one coin (USD)", required=False),
        Column("market_cap_usd", "DOUBLE", "Market capitalisation (USD)", required=False),
    ),
    versioned=True,
    rules=(
        *_finite_or_null("supply_units", "price_usd", "market_cap_usd"),
        Rule(
            "neither supply_units nor market_cap_usd is given",
            lambda: pl.col("supply_units").is_null() & pl.col("market_cap_usd").is_null(),
        ),
        AVAILABLE_AFTER_EVENT,
    ),
)

ASSET_METRICS = Entity(
    "asset_metrics",
    "core",
    "Daily figures of assets, one metric per row",
    ("asset", "metric", "source", "event_ts"),
    (
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("metric", "VARCHAR", "price_usd, market_cap_usd or supply_units"),
        Column("event_ts", TS, "End of the UTC day that the value describes"),
        Column("available_ts", TS, "event_ts plus the lag that the source declares (UTC)"),
        Column("value", "DOUBLE", "Value, in the unit that the metric's name ends with"),
    ),
    versioned=True,
    rules=(*_finite_positive("value"), AVAILABLE_AFTER_EVENT),
)

STABLECOINS = Entity(
    "stablecoins",
    "core",
    "Stablecoins as a vendor describes them: what they are pegged to, and how",
    ("coin", "source"),
    (
        Column("coin", "VARCHAR", "Ticker of the stablecoin"),
        Column("event_ts", TS, "When the vendor was asked (UTC)", compared=False),
        Column("available_ts", TS, "When the vendor was asked (UTC)"),
        Column("vendor_id", "VARCHAR", "The vendor's own id"),
        Column("coin_name", "VARCHAR", "Name"),
        Column("peg_type", "VARCHAR", "What it is pegged to (peggedUSD …)"),
        Column("peg_mechanism", "VARCHAR", "fiat-backed, crypto-backed or algorithmic", required=False),
    ),
    versioned=True,
)

FUNDING = Entity(
    "funding",
    "core",
    "Funding settlements of perpetual swaps",
    ("exchange", "symbol", "event_ts"),
    (
        Column("exchange", "VARCHAR", "Exchange, by its ccxt id"),
        Column("symbol", "VARCHAR", "Market, by its ccxt unified symbol"),
        Column("event_ts", TS, "Settlement (UTC)"),
        Column("available_ts", TS, "Settlement (UTC)"),
        Column("asset", "VARCHAR", "Canonical ticker of the base asset"),
        Column("funding_rate", "DOUBLE", "Rate paid by longs to shorts (share of notional per settlement)"),
    ),
    versioned=True,
    rules=(_in_range("funding_rate", -1, 1), AVAILABLE_AFTER_EVENT),
)

AUTHORSHIP = ("human", "machine", "unknown")
VERACITY = ("true", "false", "unknown")
GROUPS = ("real", "generated", "fabricated", "unlabelled")

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
            "first_seen_ts", TS, "When a live source saw it first (UTC); null where none did", required=False, kept=True
        ),
        Column("publisher", "VARCHAR", "Newsroom, wire or channel"),
        Column("kind", "VARCHAR", "press_release, news, exchange_announcement or event"),
        Column("title", "VARCHAR", "Headline"),
        Column("body", "VARCHAR", "Text, reduced from HTML; empty where only the headline is known"),
        Column("url", "VARCHAR", "Address as published", required=False),
        Column("authorship", "VARCHAR", "human, machine or unknown: who wrote it"),
        Column("authorship_evidence", "VARCHAR", "How authorship is known: provenance, labelled, none"),
        Column("veracity", "VARCHAR", "true, false or unknown: whether what it says is so"),
        Column("veracity_evidence", "VARCHAR", "How veracity is known: provenance, labelled, none"),
        Column("release_group", "VARCHAR", "real, generated, fabricated or unlabelled, by one rule"),
        Column("event_label", "VARCHAR", "What kind of event a curated table calls it", required=False),
        Column("is_recommended", "BOOLEAN", "False where a curated table advises against a clean test"),
        Column("retracted_ts", TS, "When it was retracted or denied (UTC)", required=False),
        Column("reported_move", "VARCHAR", "Price move as contemporaries reported it", required=False),
    ),
    versioned=True,
    rules=(
        Rule("title and body are both empty", lambda: (pl.col("title") == "") & (pl.col("body") == "")),
        Rule("authorship is unknown to tapewire", lambda: ~pl.col("authorship").is_in(AUTHORSHIP)),
        Rule("veracity is unknown to tapewire", lambda: ~pl.col("veracity").is_in(VERACITY)),
        Rule("release_group is unknown to tapewire", lambda: ~pl.col("release_group").is_in(GROUPS)),
        AVAILABLE_AFTER_EVENT,
    ),
)

DOCUMENT_ASSETS = Entity(
    "document_assets",
    "core",
    "Which assets a document speaks of",
    ("doc_id", "asset"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("event_ts", TS, "As the document (UTC)"),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("confidence", "DOUBLE", "How sure the link is, 0 to 1"),
        Column(
            "method",
            "VARCHAR",
            "given by the source, curated, linked by the table of entities, withdrawn by an edit (0), or simulated",
        ),
    ),
    versioned=True,
    rules=(_in_range("confidence", 0, 1), AVAILABLE_AFTER_EVENT),
)

DOCUMENT_LABELS = Entity(
    "document_labels",
    "core",
    "A desk's own labels of documents; they go before what the source says",
    ("doc_id",),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("event_ts", TS, "As the document (UTC)"),
        Column("available_ts", TS, "When the label was given (UTC)"),
        Column("authorship", "VARCHAR", "human, machine or unknown: who wrote it", required=False),
        Column("veracity", "VARCHAR", "true, false or unknown: whether what it says is so", required=False),
        Column("note", "VARCHAR", "Who says so and why", required=False),
    ),
    versioned=True,
    rules=(
        Rule(
            "authorship is unknown to tapewire",
            lambda: pl.col("authorship").is_not_null() & ~pl.col("authorship").is_in(AUTHORSHIP),
        ),
        Rule(
            "veracity is unknown to tapewire",
            lambda: pl.col("veracity").is_not_null() & ~pl.col("veracity").is_in(VERACITY),
        ),
        AVAILABLE_AFTER_EVENT,
    ),
)

SIMULATED_TRUTH = Entity(
    "simulated_truth",
    "core",
    "What the simulator planted: tests compare with it, no model ever reads it",
    ("doc_id", "asset"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("event_ts", TS, "As the document (UTC)"),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("release_group", "VARCHAR", "real, generated or fabricated, by construction"),
        Column("kind", "VARCHAR", "Kind of news that the text tells"),
        Column("strength", "DOUBLE", "How strongly the text puts it, 0 to 1"),
        Column("delay_h", "DOUBLE", "Delay between the release and the start of the move (hours)"),
        Column("half_life_h", "DOUBLE", "Half-life of the part that reverts (hours)"),
        Column("peak_log_return", "DOUBLE", "Planted move at its peak (log return)"),
        Column("permanent_log_return", "DOUBLE", "Planted move that stays (log return)"),
    ),
    versioned=True,
)

SSR_DAILY = Entity(
    "ssr_daily",
    "features",
    "Stablecoin Supply Ratio per day, in total (coin = ALL) and per coin",
    ("coin", "event_ts"),
    (
        Column("coin", "VARCHAR", "Stablecoin, or ALL for the coins of the list"),
        EVENT_TS,
        AVAILABLE_TS,
        Column("coin_list", "VARCHAR", "Version of the list of coins"),
        Column("btc_market_cap_usd", "DOUBLE", "Market capitalisation of BTC (USD)"),
        Column("supply_par_usd", "DOUBLE", "Stablecoin supply at one dollar each (USD)"),
        Column("supply_market_usd", "DOUBLE", "Stablecoin supply at market prices (USD)", required=False),
        Column("ssr_par", "DOUBLE", "BTC market capitalisation ÷ supply at par"),
        Column("ssr_market", "DOUBLE", "BTC market capitalisation ÷ supply at market prices", required=False),
        Column("oscillator_z", "DOUBLE", "(SSR − mean of 200 days) ÷ standard deviation", required=False),
        Column("oscillator_pct_b", "DOUBLE", "Place of SSR in its bands (200 days, ±2): z/4 + 1/2", required=False),
        Column("growth_1d", "DOUBLE", "Growth of supply at par over 1 day (share)", required=False),
        Column("growth_7d", "DOUBLE", "Growth of supply at par over 7 days (share)", required=False),
        Column("growth_30d", "DOUBLE", "Growth of supply at par over 30 days (share)", required=False),
        Column("supply_share", "DOUBLE", "Share of the listed coins' supply at par", required=False),
        Column("n_coins", "INTEGER", "Coins with a value for the day"),
        Column("n_carried", "INTEGER", "Coins whose last value was carried forward"),
    ),
)

CANDLE_FEATURES = Entity(
    "candle_features",
    "features",
    "Hourly features of an asset, known at the close of the bar",
    ("asset", "event_ts"),
    (
        Column("asset", "VARCHAR", "Canonical ticker"),
        EVENT_TS,
        AVAILABLE_TS,
        Column("log_return", "DOUBLE", "Log return over the bar; null across a gap", required=False),
        Column("parkinson_var", "DOUBLE", "Parkinson variance of the bar (squared log return)", required=False),
        Column("garman_klass_var", "DOUBLE", "Garman-Klass variance of the bar", required=False),
        Column("realised_vol_24h", "DOUBLE", "Root of the mean squared return of 24 bars (per √hour)", required=False),
        Column("ewma_vol_1h", "DOUBLE", "EWMA volatility, hour-of-week pattern removed (per √hour)", required=False),
        Column("hour_of_week_factor", "DOUBLE", "Volatility of this hour of the week ÷ average", required=False),
        Column("sigma_next_1h", "DOUBLE", "Reference walk's sigma for the next hour", required=False),
        Column("dollar_volume", "DOUBLE", "Volume × close (quote currency)", required=False),
        Column("amihud_24h", "DOUBLE", "Mean |return| ÷ million of dollar volume, 24 bars", required=False),
        Column("beta_btc_30d", "DOUBLE", "Beta to BTC over 720 bars", required=False),
        Column(
            "corr_market_30d", "DOUBLE", "Correlation to the market index without the asset, 720 bars", required=False
        ),
    ),
)

NEWS_HOURLY = Entity(
    "news_hourly",
    "features",
    "News per asset and hour, counted when it was available",
    ("asset", "event_ts"),
    (
        Column("asset", "VARCHAR", "Canonical ticker"),
        EVENT_TS,
        AVAILABLE_TS,
        Column("documents_1h", "INTEGER", "Stories that became available in the hour; copies count once"),
        Column("documents_24h", "INTEGER", "Stories that became available in the last 24 hours; copies count once"),
        Column("intensity", "DOUBLE", "log(1 + stories of 24 h) less its mean over the past 30 days"),
        Column("novelty", "DOUBLE", "1 − highest cosine similarity to a document of the past week", required=False),
        Column(
            "machine_probability",
            "DOUBLE",
            "Highest probability of machine authorship among the hour's stories",
            required=False,
        ),
    ),
)

DOCUMENT_EMBEDDINGS = Entity(
    "document_embeddings",
    "features",
    "One vector per document",
    ("doc_id", "model"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("model", "VARCHAR", "Embedding model"),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("embedding", "FLOAT[]", "Vector of unit length"),
    ),
)

DOCUMENT_STORIES = Entity(
    "document_stories",
    "features",
    "Which documents tell the same story in nearly the same words, and which of them was first",
    ("doc_id",),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("story_id", "VARCHAR", "First document of the story"),
        Column("copy_number", "INTEGER", "0 for the first document, then 1, 2, … in order of availability"),
        Column("similarity", "DOUBLE", "Estimated Jaccard similarity to the first document (pairs of words)"),
        Column("available_ts", TS, "As the document (UTC)"),
    ),
)

TOKEN_SCORES = (
    Column("n_tokens", "INTEGER", "Tokens read: the first 256 at most"),
    Column("log_likelihood", "DOUBLE", "Mean log probability of its tokens", required=False),
    Column("log_rank", "DOUBLE", "Mean log rank of its tokens", required=False),
    Column("lrr", "DOUBLE", "−log_likelihood ÷ log_rank", required=False),
    Column("top_1", "DOUBLE", "Share of tokens that were the likeliest (GLTR)", required=False),
    Column("top_10", "DOUBLE", "Share of tokens among the 10 likeliest", required=False),
    Column("top_100", "DOUBLE", "Share of tokens among the 100 likeliest", required=False),
    Column("entropy", "DOUBLE", "Mean entropy of what the model expected (nats)", required=False),
    Column("curvature", "DOUBLE", "Fast-DetectGPT's conditional curvature, in closed form", required=False),
    Column("machine_probability", "DOUBLE", "Probability of machine authorship; null: too short", required=False),
    Column("threshold", "DOUBLE", "Probability from which a text is flagged: 1 % of human texts exceed it"),
    Column("verdict", "VARCHAR", "flagged, not flagged, or too short to tell; machine-written is not false"),
    Column("striking", "VARCHAR", "JSON of the stretches that were too likely: words and deviations", required=False),
)

DOCUMENT_AUTHORSHIP = Entity(
    "document_authorship",
    "features",
    "How likely each document is machine-written, by the shipped detector; simulated prose is left out",
    ("doc_id", "detector"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("detector", "VARCHAR", "Language model and detector that judged it"),
        Column("available_ts", TS, "As the document (UTC)"),
        *TOKEN_SCORES,
    ),
)

DOCUMENT_NOVELTY = Entity(
    "document_novelty",
    "features",
    "How new each document is beside those of the past week that were there before it",
    ("doc_id",),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("novelty", "DOUBLE", "1 − highest cosine similarity to a document of the past week; 1 where none was"),
        Column("nearest_doc_id", "VARCHAR", "Document of the past week that is nearest in meaning", required=False),
        Column("nearest_similarity", "DOUBLE", "Its cosine similarity, by the sentence model", required=False),
    ),
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
        Column("title", "VARCHAR", "Headline"),
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
    rules=(Rule("authorship of a generated release is not machine", lambda: pl.col("authorship") != "machine"),),
)

GENERATED_SCORES = Entity(
    "generated_scores",
    "models",
    "What the shipped detector says of each generated release",
    ("text_id", "detector"),
    (
        Column("text_id", "VARCHAR", "Generated release (models.generated_releases)"),
        Column("detector", "VARCHAR", "Language model and detector that judged it"),
        *TOKEN_SCORES,
    ),
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
        Column("n_generated", "INTEGER", "Generated releases"),
        Column("n_real", "INTEGER", "Real releases"),
    ),
)

DETECTION = Entity(
    "detection",
    "models",
    "How well generated releases are told from real ones of the same kind, by language model that wrote them",
    ("model", "kind", "score", "min_tokens"),
    (
        Column("model", "VARCHAR", "Language model that wrote the releases"),
        Column("kind", "VARCHAR", "press_release, exchange_announcement or news"),
        Column("score", "VARCHAR", "machine_probability (the detector), or a token score alone"),
        Column("min_tokens", "INTEGER", "Least length of the texts (tokens): 30, 50, 100, 200"),
        Column("max_tokens", "INTEGER", "Texts are shorter than this (tokens); as read, 256 at most"),
        Column("auroc", "DOUBLE", "Area under the ROC curve"),
        Column("low", "DOUBLE", "Lower end of its 95 % bootstrap interval", required=False),
        Column("high", "DOUBLE", "Upper end of its 95 % bootstrap interval", required=False),
        Column("true_positive_rate", "DOUBLE", "Share of generated ones found where 1 % of real ones are flagged"),
        Column("flagged_generated", "DOUBLE", "Share of generated ones above the shipped threshold", required=False),
        Column("flagged_real", "DOUBLE", "Share of real ones above the shipped threshold", required=False),
        Column("n_generated", "INTEGER", "Generated releases"),
        Column("n_real", "INTEGER", "Real releases"),
    ),
)

TRAINING_RUNS = Entity(
    "training_runs",
    "models",
    "Every model that was trained, with what it was trained on",
    ("model_id",),
    (
        Column("model_id", "VARCHAR", "Model: name, end of training, settings and data"),
        Column("model_name", "VARCHAR", "Kind of model"),
        Column("train_start_ts", TS, "First origin of the training span (UTC)"),
        Column("train_end_ts", TS, "Last moment whose prices training saw (UTC)"),
        Column("validation_start_ts", TS, "Start of the purged validation span (UTC)"),
        Column("epochs", "INTEGER", "Epochs run"),
        Column("best_epoch", "INTEGER", "Epoch whose weights were kept"),
        Column("validation_ratio", "DOUBLE", "Validation loss ÷ the reference walk's"),
        Column(
            "learning_curve", "VARCHAR", "JSON per seed: epoch, training and validation loss ÷ the reference walk's"
        ),
        Column("n_parameters", "BIGINT", "Weights"),
        Column("n_windows", "BIGINT", "Training windows in an epoch"),
        Column("settings", "VARCHAR", "JSON of the hyper-parameters"),
        Column("data_fingerprint", "VARCHAR", "Fingerprint of the panel"),
        Column("checkpoint", "VARCHAR", "File name of the checkpoint"),
    ),
)

FORECASTS = Entity(
    "forecasts",
    "models",
    "Quantiles of the cumulative log return, per model, asset, origin and horizon",
    ("model_id", "asset", "origin_ts", "horizon_h", "level"),
    (
        Column("model_id", "VARCHAR", "Model (models.training_runs), or a baseline with the end of its training"),
        Column("model_name", "VARCHAR", "Kind of model"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("origin_ts", TS, "When the forecast was made: the close that it starts from (UTC)"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("level", "DOUBLE", "Probability level"),
        Column("log_return", "DOUBLE", "Quantile of the cumulative log return"),
        Column("purpose", "VARCHAR", "evaluation (walk-forward) or live (the night's own)"),
    ),
)

SCORES = Entity(
    "scores",
    "models",
    "Walk-forward scores of each model beside the reference walk",
    ("model_name", "asset", "regime", "horizon_h", "metric"),
    (
        Column("model_name", "VARCHAR", "Kind of model"),
        Column("asset", "VARCHAR", "Canonical ticker, or ALL"),
        Column("regime", "VARCHAR", "all; or calm, normal, turbulent: thirds of the market's volatility at the origin"),
        Column("horizon_h", "INTEGER", "Hours ahead; 0 stands for all horizons together"),
        Column("metric", "VARCHAR", "What was measured: docs/methods.md lists them"),
        Column("value", "DOUBLE", "Value of the metric"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval", required=False),
        Column("high", "DOUBLE", "Upper end of the 95 % interval", required=False),
        Column("p_value", "DOUBLE", "p-value of the metric's test; two-sided where it compares losses", required=False),
        Column("n_origins", "INTEGER", "Origins that were scored"),
        Column("test_start_ts", TS, "First origin (UTC)"),
        Column("test_end_ts", TS, "Last origin (UTC)"),
    ),
)

CALIBRATION = Entity(
    "calibration",
    "models",
    "Where the conformal calibration of the default forecast stood at the end of the walk-forward evaluation",
    ("asset", "horizon_h"),
    (
        Column("asset", "VARCHAR", "ALL, or the asset whose own part is added to it"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("log_factor", "DOUBLE", "Log of the factor on every level's distance from the median"),
    ),
)

EXPLANATIONS = Entity(
    "explanations",
    "models",
    "What the network's newest forecasts leaned on, by attention and by leaving it out; asset ALL: on average",
    ("model_id", "asset", "horizon_h", "kind", "subject"),
    (
        Column("model_id", "VARCHAR", "Model (models.training_runs)"),
        Column("asset", "VARCHAR", "Canonical ticker of one forecast, or ALL for the mean over many origins"),
        Column("origin_ts", TS, "Origin of the forecast; of the newest one that is averaged (UTC)"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("kind", "VARCHAR", "channel (of the context), hours_back (a patch of the lookback) or document"),
        Column("subject", "VARCHAR", "Name of the channel, hours back, or document (newest first)"),
        Column("attention", "DOUBLE", "Share of the horizon's attention; null for channels", required=False),
        Column("width_change", "DOUBLE", "Log change of the 90 % band's width that it makes; ALL: mean of its size"),
        Column("median_change", "DOUBLE", "Shift of the median that it makes, in sigma; ALL: mean of its size"),
    ),
)

IMPACT = Entity(
    "impact",
    "models",
    "Abnormal return of every release, per window and benchmark",
    ("study_id", "doc_id", "asset", "window_h", "benchmark"),
    (
        Column("study_id", "VARCHAR", "Study: timeframe of the candles and its settings"),
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("window_h", "DOUBLE", "Length of the window after the release (hours)"),
        Column("benchmark", "VARCHAR", "reference_walk, mean, market_adjusted, market or transformer"),
        Column("event_ts", TS, "First public time of the release (UTC)"),
        Column("available_ts", TS, "End of the window (UTC)"),
        Column("base_ts", TS, "Close that the move is measured from: the last at or before the release (UTC)"),
        Column("timeframe", "VARCHAR", "Candles that were used"),
        Column("release_group", "VARCHAR", "real, generated, fabricated or unlabelled"),
        Column("is_late_stamp", "BOOLEAN", "True where the time is of the first report"),
        Column("car", "DOUBLE", "Cumulative abnormal return (log)"),
        Column("bhar", "DOUBLE", "Buy-and-hold abnormal return (simple)"),
        Column("sigma", "DOUBLE", "Reference walk's sigma for the window (log return)"),
        Column("scaled_move", "DOUBLE", "|CAR| ÷ sigma"),
        Column("placebo_move", "DOUBLE", "Mean |CAR| ÷ sigma of the matched placebo times", required=False),
        Column("excess_move", "DOUBLE", "scaled_move − placebo_move", required=False),
        Column("n_placebo", "INTEGER", "Matched placebo times"),
        Column("forecast_quantile", "DOUBLE", "Where the move fell in the forecast's distribution", required=False),
        Column("peak_car", "DOUBLE", "CAR of largest size within the window (log)"),
        Column("time_to_peak_h", "DOUBLE", "Hours from the base close to that peak"),
        Column("reversal_share", "DOUBLE", "Share of the peak given back at the end of the window"),
        Column(
            "half_life_h",
            "DOUBLE",
            "Hours from the peak until half of it was given back; null: not within the window",
            required=False,
        ),
        Column("pre_release_car", "DOUBLE", "CAR of the 24 hours before the base close (log)", required=False),
        Column(
            "abnormal_volume",
            "DOUBLE",
            "ln of the window's volume less its mean at that hour of the 2nd to 30th day before",
            required=False,
        ),
        Column("abnormal_volatility", "DOUBLE", "The same for the volatility from the range of bars", required=False),
        Column("n_overlapping", "INTEGER", "Other releases of the asset less than a window away"),
    ),
)

IMPACT_COVERAGE = Entity(
    "impact_coverage",
    "models",
    "How many releases each window measures, and why it does not measure the others",
    ("study_id", "window_h", "reason"),
    (
        Column("study_id", "VARCHAR", "Study"),
        Column("window_h", "DOUBLE", "Window (hours)"),
        Column("reason", "VARCHAR", "measured, or the first rule that leaves a release out"),
        Column("n_releases", "INTEGER", "Releases, one per document and asset"),
    ),
)

IMPACT_PATHS = Entity(
    "impact_paths",
    "models",
    "Mean CAR path of each release group around the release",
    ("study_id", "release_group", "benchmark", "offset_h"),
    (
        Column("study_id", "VARCHAR", "Study"),
        Column("release_group", "VARCHAR", "real, generated, fabricated or unlabelled"),
        Column("benchmark", "VARCHAR", "Model of the normal return"),
        Column("offset_h", "DOUBLE", "Hours from the base close"),
        Column("mean_abs_scaled", "DOUBLE", "Mean |CAR| ÷ sigma to this offset, after the release", required=False),
        Column("placebo_abs_scaled", "DOUBLE", "The same at matched placebo times", required=False),
        Column("mean_car", "DOUBLE", "Mean CAR (log)"),
        Column("low", "DOUBLE", "Lower end of the 95 % band of the mean CAR"),
        Column("high", "DOUBLE", "Upper end of the 95 % band of the mean CAR"),
        Column("n_releases", "INTEGER", "Releases"),
    ),
)

IMPACT_TESTS = Entity(
    "impact_tests",
    "models",
    "Tests of no abnormal return, per group, window, benchmark",
    ("study_id", "release_group", "window_h", "benchmark", "test"),
    (
        Column("study_id", "VARCHAR", "Study"),
        Column("release_group", "VARCHAR", "all, real, generated, fabricated, unlabelled or late_stamp"),
        Column("window_h", "DOUBLE", "Window (hours); negative: the time before the release"),
        Column("benchmark", "VARCHAR", "Model of the normal return"),
        Column(
            "test",
            "VARCHAR",
            "Test, as docs/methods.md lists them",
        ),
        Column("estimate", "DOUBLE", "What is tested: mean CAR, mean excess move, rank correlation", required=False),
        Column("low", "DOUBLE", "Lower end of the 95 % interval", required=False),
        Column("high", "DOUBLE", "Upper end of the 95 % interval", required=False),
        Column("statistic", "DOUBLE", "Test statistic", required=False),
        Column("p_value", "DOUBLE", "Two-sided p-value", required=False),
        Column(
            "q_value",
            "DOUBLE",
            "p-value with the false-discovery rate controlled over all groups and windows",
            required=False,
        ),
        Column("detectable", "DOUBLE", "Smallest effect found with 80 % power at 5 %", required=False),
        Column(
            "power", "DOUBLE", "Probability to find a mean CAR of .01, or an excess move of .25 sigma", required=False
        ),
        Column("is_preferred", "BOOLEAN", "True for the tests that stand in every simulated condition"),
        Column("n_releases", "INTEGER", "Releases"),
    ),
)

IMPACT_CONCLUSIONS = Entity(
    "impact_conclusions",
    "models",
    "What the numbers of each study support, in sentences written by rule",
    ("study_id", "place"),
    (
        Column("study_id", "VARCHAR", "Study"),
        Column("place", "INTEGER", "Order of the sentence, from 1"),
        Column("sentence", "VARCHAR", "What moved, how far, how sure, or what cannot be said"),
    ),
)

IMPACT_COMPARISONS = Entity(
    "impact_comparisons",
    "models",
    "Generated and fabricated against real releases: realised and scored; other words in the same place",
    ("study_id", "answer", "quantity", "group_a", "group_b", "window_h", "slice_by", "slice", "method"),
    (
        Column("study_id", "VARCHAR", "Study"),
        Column(
            "answer",
            "VARCHAR",
            "realised (what prices did), scored (what the network expects), counterfactual (other words, same past)",
        ),
        Column("group_a", "VARCHAR", "Group compared"),
        Column("group_b", "VARCHAR", "Group compared with"),
        Column("window_h", "DOUBLE", "Window or horizon (hours)"),
        Column("quantity", "VARCHAR", "excess_move, expected_width_change or expected_move (|shift of the median|)"),
        Column("slice_by", "VARCHAR", "all, liquidity, capitalisation, kind or hour"),
        Column("slice", "VARCHAR", "Which part of the releases"),
        Column(
            "method",
            "VARCHAR",
            "permutation, cluster_bootstrap, matched, paired; checks: mislabelled_10, placebo_labels, soft_labels",
        ),
        Column("mean_a", "DOUBLE", "Mean of group a"),
        Column("mean_b", "DOUBLE", "Mean of group b"),
        Column("difference", "DOUBLE", "mean_a − mean_b"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval", required=False),
        Column("high", "DOUBLE", "Upper end of the 95 % interval", required=False),
        Column("p_value", "DOUBLE", "Two-sided p-value", required=False),
        Column(
            "q_value",
            "DOUBLE",
            "p-value with the false-discovery rate controlled over windows, pairs and slices",
            required=False,
        ),
        Column("n_a", "INTEGER", "Releases of group a"),
        Column("n_b", "INTEGER", "Releases of group b"),
        Column("detectable", "DOUBLE", "Smallest difference found with 80 % power at 5 %", required=False),
    ),
)

SCORED = Entity(
    "scored",
    "models",
    "What the network expects after a release: with its text, with none, and the reference walk",
    ("doc_id", "asset", "horizon_h"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents), or generated release (models.generated_releases)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("event_ts", TS, "First public time of the release (UTC); of a generated one, where it was placed"),
        Column("available_ts", TS, "When the score could first be made: the document's available_ts (UTC)"),
        Column(
            "placed_doc_id",
            "VARCHAR",
            "Real release in whose place a generated one was scored; null: no such",
            required=False,
        ),
        Column("origin_ts", TS, "Last close at or before the release (UTC)"),
        Column("model_id", "VARCHAR", "Model, trained wholly before the release"),
        Column("release_group", "VARCHAR", "real, generated, fabricated or unlabelled"),
        Column("median_text", "DOUBLE", "Median log return expected with the text"),
        Column("median_none", "DOUBLE", "Median log return expected without the text"),
        Column("median_walk", "DOUBLE", "Median of the reference walk"),
        Column("width_text", "DOUBLE", "Width of the 90 % band with the text (log return)"),
        Column("width_none", "DOUBLE", "Width of the 90 % band without the text (log return)"),
        Column("width_walk", "DOUBLE", "Width of the reference walk's 90 % band (log return)"),
        Column("low_text", "DOUBLE", "Lower end of the 90 % band with the text (log return)"),
        Column("low_none", "DOUBLE", "Lower end of the 90 % band without the text (log return)"),
        Column("low_walk", "DOUBLE", "Lower end of the reference walk's 90 % band (log return)"),
        Column("realised", "DOUBLE", "What came (log return); null until it matures", required=False),
    ),
)

COUNTERFACTUAL = Entity(
    "counterfactual",
    "models",
    "Same past, other words: what the network expects after each real release with another text in its place",
    ("doc_id", "asset", "horizon_h", "words"),
    (
        Column("doc_id", "VARCHAR", "Document whose place it is (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("words", "VARCHAR", "real, generated, shuffled (an earlier release of the asset), other_asset or none"),
        Column("text_id", "VARCHAR", "Document or generated release that was read; null: none", required=False),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("model_id", "VARCHAR", "Model, trained wholly before the release"),
        Column("median", "DOUBLE", "Median log return expected"),
        Column("width", "DOUBLE", "Width of the 90 % band (log return)"),
    ),
)

RELEASE_ALERTS = Entity(
    "release_alerts",
    "models",
    "What was known of a release when it arrived: expected range of the move, authorship, what followed the like",
    ("doc_id", "asset", "horizon_h"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("horizon_h", "INTEGER", "Hours ahead"),
        Column("available_ts", TS, "As the document (UTC)"),
        Column("low_text", "DOUBLE", "5 % quantile of the log return expected with the text"),
        Column("median_text", "DOUBLE", "Median log return expected with the text"),
        Column("high_text", "DOUBLE", "95 % quantile of the log return expected with the text"),
        Column("low_walk", "DOUBLE", "5 % quantile of the reference walk (log return)"),
        Column("high_walk", "DOUBLE", "95 % quantile of the reference walk (log return)"),
        Column("width_change", "DOUBLE", "Width of the band with the text ÷ without it − 1"),
        Column("machine_probability", "DOUBLE", "Probability of machine authorship; null: not judged", required=False),
        Column("machine_verdict", "VARCHAR", "flagged, not flagged, or too short to tell", required=False),
        Column("n_similar", "INTEGER", "Similar earlier releases whose day was over when this one arrived"),
        Column("similar_scaled_move", "DOUBLE", "Mean |move| ÷ sigma in the 24 h after them", required=False),
        Column("similar_excess_move", "DOUBLE", "Their mean excess move, 24 h", required=False),
    ),
)

SIMILAR_RELEASES = Entity(
    "similar_releases",
    "models",
    "Earlier releases most like a new one, and what prices did in the 24 hours after them",
    ("doc_id", "asset", "place"),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("place", "INTEGER", "1 for the most similar"),
        Column("similar_doc_id", "VARCHAR", "The earlier document"),
        Column("similar_asset", "VARCHAR", "Its asset"),
        Column("similarity", "DOUBLE", "Cosine similarity of the two texts"),
        Column("vectors", "VARCHAR", "Model whose vectors were compared"),
        Column("available_ts", TS, "As the new document (UTC)"),
        Column("similar_event_ts", TS, "When the earlier one was published (UTC)"),
        Column("car", "DOUBLE", "Move in the 24 h after it, against the reference walk (log)"),
        Column("scaled_move", "DOUBLE", "|move| ÷ sigma"),
        Column("excess_move", "DOUBLE", "The same beyond placebo times", required=False),
        Column("reversal_share", "DOUBLE", "Share of the peak given back within the 24 h"),
    ),
)

KNOWN_CASES = Entity(
    "known_cases",
    "models",
    "Known false releases on the finest candles there are: move, reversal, and when the move was beyond chance",
    ("case_id", "timeframe"),
    (
        Column("case_id", "VARCHAR", "Case, as tapewire's own table of cases names it"),
        Column("timeframe", "VARCHAR", "Candles used"),
        Column("asset", "VARCHAR", "Canonical ticker"),
        Column("event_ts", TS, "First public time (UTC)"),
        Column("ts_precision", "VARCHAR", "How exact that time is"),
        Column("claim", "VARCHAR", "What was claimed"),
        Column("channel", "VARCHAR", "Where it appeared"),
        Column("kind", "VARCHAR", "fabricated release, misreport, hacked account or machine-generated"),
        Column("retracted_ts", TS, "When it was denied (UTC)", required=False),
        Column("reported_move", "VARCHAR", "Move as contemporaries reported it"),
        Column("sources", "VARCHAR", "Addresses of the reports"),
        Column("is_clean", "BOOLEAN", "False where the case is confounded or its time too vague for a test"),
        Column("base_usd", "DOUBLE", "Last close at or before the release (USD)"),
        Column("peak_usd", "DOUBLE", "Price farthest from it within 24 h, from highs and lows (USD)"),
        Column("peak_return", "DOUBLE", "The same as a simple return"),
        Column("time_to_peak_h", "DOUBLE", "Hours from the release to the end of that bar"),
        Column("end_return", "DOUBLE", "Simple return at the last close within 24 h"),
        Column("reversal_share", "DOUBLE", "Share of the peak given back by then"),
        Column("half_life_h", "DOUBLE", "Hours from the peak to the first close with half of it gone", required=False),
        Column("peak_sigma", "DOUBLE", "Largest |move at a close| ÷ the reference walk's sigma for the time passed"),
        Column("flagged_ts", TS, "Close at which that first passed the threshold (UTC); null: never", required=False),
        Column(
            "lead_h", "DOUBLE", "Hours from the flag to the denial; negative: the denial came first", required=False
        ),
        Column("threshold", "DOUBLE", "The threshold, in sigmas"),
        Column("false_alarms", "DOUBLE", "Share of placebo days on which it would have been passed", required=False),
    ),
)

BACKTEST_EQUITY = Entity(
    "backtest_equity",
    "models",
    "Equity of each strategy",
    ("strategy", "event_ts"),
    (
        Column("strategy", "VARCHAR", "Strategy"),
        EVENT_TS,
        AVAILABLE_TS,
        Column("equity", "DOUBLE", "Capital, 1 at the start, after costs"),
        Column("drawdown", "DOUBLE", "Fall from the highest equity so far (share, ≤ 0)"),
        Column("gross_exposure", "DOUBLE", "Sum of |weights|"),
        Column("turnover", "DOUBLE", "Sum of |changes of weight| in the bar"),
        Column("cost", "DOUBLE", "Fees and spread paid in the bar (share of capital)"),
    ),
)

BACKTEST_METRICS = Entity(
    "backtest_metrics",
    "models",
    "Figures of each strategy",
    ("strategy", "metric"),
    (
        Column("strategy", "VARCHAR", "Strategy"),
        Column("metric", "VARCHAR", "sharpe, psr, max_drawdown, annual_return, annual_volatility, …"),
        Column("value", "DOUBLE", "Value", required=False),
        Column("low", "DOUBLE", "Lower end of the 95 % interval", required=False),
        Column("high", "DOUBLE", "Upper end of the 95 % interval", required=False),
    ),
)

ASKED_RANGES = Entity(
    "asked_ranges",
    "ops",
    "Spans of bars that an exchange was asked for and had nothing in: asked again ever more rarely",
    ("exchange", "symbol", "timeframe", "start_ts"),
    (
        Column("exchange", "VARCHAR", "Exchange, by its ccxt id"),
        Column("symbol", "VARCHAR", "Market, by its ccxt unified symbol"),
        Column("timeframe", "VARCHAR", "Length of the bar"),
        Column("start_ts", TS, "Open of the first bar of the span (UTC)"),
        Column("end_ts", TS, "Open of the last bar of the span (UTC)"),
        Column("asked_ts", TS, "When it was asked for last, by the exchange's clock (UTC)"),
    ),
)

COVERED = Entity(
    "covered",
    "ops",
    "From when on a history without a grid (funding, daily figures) was asked for: an earlier wish starts there anew",
    ("asked_of", "subject"),
    (
        Column("asked_of", "VARCHAR", "Source that was asked"),
        Column("subject", "VARCHAR", "Symbol or asset"),
        Column("since_ts", TS, "Beginning of the history that was asked for (UTC)"),
    ),
)

ARCHIVE_FILES = Entity(
    "archive_files",
    "ops",
    "Files of an archive that were read, by their checksum",
    ("file_name",),
    (
        Column("file_name", "VARCHAR", "Path of the file inside the archive"),
        Column("checksum", "VARCHAR", "SHA-256 that the archive gives; 'absent' for an old file that is not there"),
        Column("n_rows", "BIGINT", "Rows that it held"),
    ),
)

FEED_STATES = Entity(
    "feed_states",
    "ops",
    "What a feed said when it was read last: its validators for conditional requests",
    ("feed",),
    (
        Column("feed", "VARCHAR", "Name of the feed"),
        Column("etag", "VARCHAR", "ETag of its last answer", required=False),
        Column("last_modified", "VARCHAR", "Last-Modified of its last answer", required=False),
        Column("polled_ts", TS, "When it was read last (UTC)"),
    ),
)

FEED_ITEMS = Entity(
    "feed_items",
    "ops",
    "Items that feeds have shown: which feed brought a document, what it said, how its page was read",
    ("doc_id",),
    (
        Column("doc_id", "VARCHAR", "Document (core.documents)"),
        Column("feed", "VARCHAR", "Feed that showed it first: only that feed revises it"),
        Column("item_hash", "VARCHAR", "Hash of the item as the feed gives it"),
        Column("first_seen_ts", TS, "When it was seen first (UTC)", kept=True),
        Column(
            "article",
            "VARCHAR",
            "full (page read), feed (text of the feed), disallowed, failed, later, edited (its page is awaited)",
        ),
        Column("tries", "INTEGER", "How often the page was tried"),
    ),
)

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
