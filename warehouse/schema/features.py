"""Features derived from core."""

from warehouse.schema.entity import ASSET, AVAILABLE_AS_DOCUMENT, AVAILABLE_TS, DOC_ID, EVENT_TS, Column, Entity

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
        Column("absent_coins", "VARCHAR", "Coins of the list that no source had given a figure of", required=False),
    ),
    stage="derive",
)

MARKET_SERIES = Entity(
    "market_series",
    "features",
    "Which market's candles are an asset's series, and from when to when",
    ("asset", "timeframe", "event_ts"),
    (
        ASSET,
        Column("timeframe", "VARCHAR", "Length of the bar"),
        Column("event_ts", "TIMESTAMPTZ", "Open of the first bar that is taken from the market (UTC)"),
        Column("available_ts", "TIMESTAMPTZ", "Close of the last bar that is taken from it (UTC)"),
        Column("last_ts", "TIMESTAMPTZ", "Open of the last bar that is taken from it (UTC)"),
        Column("exchange", "VARCHAR", "Exchange of the market"),
        Column("symbol", "VARCHAR", "Symbol of the market"),
        Column("n_traded", "INTEGER", "Bars of the market in which something was traded"),
        Column("n_markets", "INTEGER", "Markets of the asset that there were to choose from"),
    ),
    stage="derive",
)

FUNDING_HOURLY = Entity(
    "funding_hourly",
    "features",
    "Funding of perpetual swaps per hour, whatever the length between settlements",
    ("exchange", "symbol", "event_ts"),
    (
        Column("exchange", "VARCHAR", "Exchange of the swap"),
        Column("symbol", "VARCHAR", "Symbol of the swap"),
        ASSET,
        Column("event_ts", "TIMESTAMPTZ", "Settlement (UTC)"),
        AVAILABLE_TS,
        Column("funding_rate", "DOUBLE", "Rate paid by longs to shorts (share of notional per settlement)"),
        Column("interval_h", "DOUBLE", "Hours that the rate is for; null where nothing tells them", required=False),
        Column("is_interval_stated", "BOOLEAN", "The source states the hours; else the settlements' spacing does"),
        Column("funding_rate_per_hour", "DOUBLE", "Rate ÷ its hours (share of notional per hour)", required=False),
    ),
    stage="derive",
)

CANDLE_FEATURES = Entity(
    "candle_features",
    "features",
    "Hourly features of an asset, known at the close of the bar",
    ("asset", "event_ts"),
    (
        ASSET,
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
    stage="derive",
)

NEWS_HOURLY = Entity(
    "news_hourly",
    "features",
    "News per asset and hour, counted when it was available",
    ("asset", "event_ts"),
    (
        ASSET,
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
    stage="derive",
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
