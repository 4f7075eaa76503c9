"""Features derived from core, and the signals that they make up."""

from warehouse.schema.entity import ASSET, AVAILABLE_TS, EVENT_TS, Column, Entity

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

ASSET_DAILY = Entity(
    "asset_daily",
    "features",
    "Daily bar of an asset's series and what a market morning asks of it, known at the end of the UTC day",
    ("asset", "event_ts"),
    (
        ASSET,
        Column("event_ts", "TIMESTAMPTZ", "End of the UTC day (UTC)"),
        AVAILABLE_TS,
        Column("open_quote", "DOUBLE", "First price of the day (quote currency)", required=False),
        Column("high_quote", "DOUBLE", "Highest price (quote currency)", required=False),
        Column("low_quote", "DOUBLE", "Lowest price (quote currency)", required=False),
        Column("close_quote", "DOUBLE", "Last price; null on a day without a trade (quote currency)", required=False),
        Column("volume_base", "DOUBLE", "Traded volume (base asset)", required=False),
        Column("volume_quote", "DOUBLE", "Traded volume × last price (quote currency)", required=False),
        Column("timeframe", "VARCHAR", "Length of the bars that the day is made of"),
        Column("n_bars", "INTEGER", "Bars of the day in which something was traded"),
        Column("log_return", "DOUBLE", "Log return over the day; null over a day without a price", required=False),
        *(
            Column(f"return_{n}d", "DOUBLE", f"Return over {n} days (share); null across a seam", required=False)
            for n in (1, 7, 30, 90)
        ),
        Column("volume_ratio", "DOUBLE", "Volume ÷ median of the 30 days before", required=False),
        Column("volatility_30d", "DOUBLE", "Volatility of daily returns, 30 days (per √year)", required=False),
        Column("volatility_percentile", "DOUBLE", "Share of the past year's at most as high (0 to 1)", required=False),
        Column("drawdown", "DOUBLE", "Last price ÷ highest close known so far − 1 (share)", required=False),
        Column("beta_btc_90d", "DOUBLE", "Beta of daily returns to BTC's, 90 days; null for BTC", required=False),
        Column("correlation_btc_90d", "DOUBLE", "Correlation with BTC's daily returns, 90 days", required=False),
    ),
    stage="derive",
)

FUND_PREMIUM = Entity(
    "fund_premium",
    "features",
    "Premium of listed funds over the coins that they hold, at the end of New York's session",
    ("fund", "event_ts"),
    (
        Column("fund", "VARCHAR", "Ticker of the fund"),
        Column("asset", "VARCHAR", "Coin that it holds"),
        Column("event_ts", "TIMESTAMPTZ", "End of the UTC day of the session (UTC)"),
        AVAILABLE_TS,
        Column("session_end_ts", "TIMESTAMPTZ", "End of the session, 16:00 in New York (UTC)"),
        Column("share_price_usd", "DOUBLE", "Last price of a share (USD)"),
        Column("units_per_share", "DOUBLE", "Coins that a share stands for"),
        Column("asset_price_usd", "DOUBLE", "Price of the coin (USD)", required=False),
        Column("price_at", "VARCHAR", "Moment of the coin's price: session end, or end of the UTC day", required=False),
        Column("net_asset_value_usd", "DOUBLE", "Coins per share × their price (USD)", required=False),
        Column("premium", "DOUBLE", "Share price ÷ net asset value − 1 (share)", required=False),
        Column("premium_stated", "DOUBLE", "Premium as the source states it (share)", required=False),
        Column("premium_z", "DOUBLE", "(Premium − mean) ÷ deviation, 250 days of trading", required=False),
    ),
    stage="derive",
)

MACRO_CALENDAR = Entity(
    "macro_calendar",
    "features",
    "Scheduled US announcements that move every market: the moments alone, not what was announced",
    ("kind", "event_ts"),
    (
        Column("kind", "VARCHAR", "fomc, cpi or payrolls"),
        Column("event_ts", "TIMESTAMPTZ", "Moment of the announcement (UTC)"),
        Column("announcement", "VARCHAR", "Its name"),
        Column("is_scheduled", "BOOLEAN", "False for meetings that were called at short notice"),
    ),
    stage="derive",
)

SIGNAL = Column("signal", "VARCHAR", "Signal: docs/methods.md says what each is made of")

SIGNAL_VALUES = Entity(
    "signal_values",
    "models",
    "What each signal said, by day, and whether that was high or low for it by then; the past 400 days",
    ("signal", "subject", "event_ts"),
    (
        SIGNAL,
        Column("subject", "VARCHAR", "Asset that it is about, or market"),
        Column("event_ts", "TIMESTAMPTZ", "End of the UTC day (UTC)"),
        AVAILABLE_TS,
        Column("value", "DOUBLE", "What it said, in the signal's own unit"),
        Column("percentile", "DOUBLE", "Place of the value in its past year (0 to 1)", required=False),
        Column("state", "VARCHAR", "high (upper fifth), low (lower fifth) or usual; null in the first 120 days",
               required=False),
    ),
    stage="signals",
)  # fmt: skip

SIGNAL_RECORD = Entity(
    "signal_record",
    "models",
    "What followed each signal's high and low days, beside other days, and how far chance goes",
    ("signal", "state", "outcome", "horizon_d"),
    (
        SIGNAL,
        Column("of_market", "BOOLEAN", "Of the market (judged by BTC), else of each asset (judged by all together)"),
        Column("state", "VARCHAR", "high or low"),
        Column("outcome", "VARCHAR", "direction (return ÷ the walk's sigma) or size (the same without its sign)"),
        Column("horizon_d", "INTEGER", "Days ahead"),
        Column("n_days", "INTEGER", "Days in the state with an outcome, summed over assets"),
        Column("n_stretches", "INTEGER", "Stretches of such days"),
        Column("mean_return", "DOUBLE", "Mean return that followed the state (share)", required=False),
        Column("estimate", "DOUBLE", "Mean outcome in the state less that of other days (sigma)", required=False),
        Column("low", "DOUBLE", "Lower end of its 95 % interval", required=False),
        Column("high", "DOUBLE", "Upper end of its 95 % interval", required=False),
        Column("p_value", "DOUBLE", "Two-sided p-value against no difference", required=False),
        Column(
            "q_value", "DOUBLE", "False-discovery rate over all signals, states, outcomes, horizons", required=False
        ),
        Column("detectable", "DOUBLE", "Difference that would be found in four of five cases (sigma)", required=False),
        Column("first_ts", "TIMESTAMPTZ", "First day in the state that has an outcome (UTC)", required=False),
        Column("last_ts", "TIMESTAMPTZ", "Last such day (UTC)", required=False),
        Column("verdict", "VARCHAR", "What may be said: no record beyond chance where q is above 10 %"),
    ),
    stage="signals",
)
