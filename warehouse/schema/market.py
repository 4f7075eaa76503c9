"""Candles, stablecoin supply, asset metrics, stablecoins, funding, listed funds."""

import polars as pl

from domain.timeframes import SECONDS
from warehouse.schema.entity import (
    ASSET,
    AVAILABLE_AFTER_EVENT,
    AVAILABLE_AFTER_LAG,
    BASE_ASSET,
    DAY_END_TS,
    EXCHANGE,
    NOT_BEFORE_BITCOIN,
    SYMBOL,
    TS,
    Column,
    Entity,
    Rule,
    finite_or_null,
    finite_positive,
    in_range,
    positive_or_null,
)

CANDLES = Entity(
    "candles",
    "core",
    "Closed bars of trading, one per exchange, symbol, timeframe and opening time",
    ("exchange", "symbol", "timeframe", "event_ts"),
    (
        EXCHANGE,
        SYMBOL,
        Column("timeframe", "VARCHAR", "Length of the bar: 1m, 5m, 15m, 1h or 1d"),
        Column("event_ts", TS, "Open of the bar (UTC)"),
        Column("available_ts", TS, "Close of the bar (UTC)"),
        BASE_ASSET,
        Column("quote", "VARCHAR", "Currency that prices are in"),
        Column("open_quote", "DOUBLE", "First price (quote currency)"),
        Column("high_quote", "DOUBLE", "Highest price (quote currency)"),
        Column("low_quote", "DOUBLE", "Lowest price (quote currency)"),
        Column("close_quote", "DOUBLE", "Last price (quote currency)"),
        Column("volume_base", "DOUBLE", "Traded volume (base asset)"),
    ),
    kind="versioned",
    rules=(
        *finite_positive("open_quote", "high_quote", "low_quote", "close_quote"),
        *finite_or_null("volume_base"),
        Rule("high_quote is below low_quote", lambda: pl.col("high_quote") < pl.col("low_quote")),
        Rule(
            "high_quote is below open or close",
            lambda: pl.col("high_quote") < pl.max_horizontal("open_quote", "close_quote"),
        ),
        Rule(
            "low_quote is above open or close",
            lambda: pl.col("low_quote") > pl.min_horizontal("open_quote", "close_quote"),
        ),
        Rule("timeframe is unknown", lambda: ~pl.col("timeframe").is_in(list(SECONDS))),
        Rule(
            "event_ts is not the start of a bar of its timeframe",
            lambda: (
                pl.col("event_ts").dt.epoch("s")
                % pl.col("timeframe").replace_strict(SECONDS, default=1, return_dtype=pl.Int64)
                != 0
            ),
        ),
        NOT_BEFORE_BITCOIN,
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
        DAY_END_TS,
        AVAILABLE_AFTER_LAG,
        Column("supply_units", "DOUBLE", "Coins in circulation (units of the coin)", required=False),
        Column("price_usd", "DOUBLE", "Price of one coin (USD)", required=False),
        Column("market_cap_usd", "DOUBLE", "Market capitalisation (USD)", required=False),
    ),
    kind="versioned",
    rules=(
        *finite_or_null("supply_units", "market_cap_usd"),
        *positive_or_null("price_usd"),
        Rule(
            "the supply of all chains is zero",
            lambda: (pl.col("chain") == "all") & (pl.coalesce("supply_units", "market_cap_usd") == 0),
        ),
        Rule(
            "neither supply_units nor market_cap_usd is given",
            lambda: pl.col("supply_units").is_null() & pl.col("market_cap_usd").is_null(),
        ),
        NOT_BEFORE_BITCOIN,
        AVAILABLE_AFTER_EVENT,
    ),
)

ASSET_METRICS = Entity(
    "asset_metrics",
    "core",
    "Daily figures of assets, one metric per row",
    ("asset", "metric", "source", "event_ts"),
    (
        ASSET,
        Column("metric", "VARCHAR", "price_usd, market_cap_usd or supply_units"),
        DAY_END_TS,
        AVAILABLE_AFTER_LAG,
        Column("value", "DOUBLE", "Value, in the unit that the metric's name ends with"),
    ),
    kind="versioned",
    rules=(*finite_positive("value"), NOT_BEFORE_BITCOIN, AVAILABLE_AFTER_EVENT),
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
    kind="versioned",
)

FUNDING = Entity(
    "funding",
    "core",
    "Funding settlements of perpetual swaps",
    ("exchange", "symbol", "event_ts"),
    (
        EXCHANGE,
        SYMBOL,
        Column("event_ts", TS, "Settlement (UTC)"),
        Column("available_ts", TS, "Settlement (UTC)"),
        BASE_ASSET,
        Column("funding_rate", "DOUBLE", "Rate paid by longs to shorts (share of notional per settlement)"),
        Column("interval_h", "DOUBLE", "Hours that the rate is for, where the source states them", required=False),
    ),
    kind="versioned",
    rules=(
        in_range("funding_rate", -1, 1),
        in_range("interval_h", 0.1, 168),
        NOT_BEFORE_BITCOIN,
        AVAILABLE_AFTER_EVENT,
    ),
)

FUNDS = Entity(
    "funds",
    "core",
    "Listed funds that hold a coin: price of a share and what it stands for, by day of trading",
    ("fund", "source", "event_ts"),
    (
        Column("fund", "VARCHAR", "Ticker of the fund"),
        Column("asset", "VARCHAR", "Canonical ticker of the coin that it holds"),
        DAY_END_TS,
        AVAILABLE_AFTER_LAG,
        Column("share_price_usd", "DOUBLE", "Last price of a share in New York's session (USD)"),
        Column("units_per_share", "DOUBLE", "Coins that a share stands for"),
        Column("premium_stated", "DOUBLE", "Premium as the source states it (share)", required=False),
    ),
    kind="versioned",
    rules=(
        *finite_positive("share_price_usd", "units_per_share"),
        in_range("premium_stated", -1, 100),
        NOT_BEFORE_BITCOIN,
        AVAILABLE_AFTER_EVENT,
    ),
)
