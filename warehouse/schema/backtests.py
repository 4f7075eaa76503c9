"""Backtests: equity, positions, trades and profit by asset, figures, every configuration ever tried, sensitivities."""

from warehouse.schema.entity import ASSET, AVAILABLE_TS, EVENT_TS, HIGH, LOW, STRATEGY, TS, Column, Entity

DAY = Column("day", "DATE", "UTC day")
COSTS = (
    Column("fee_usd", "DOUBLE", "Fees paid (USD)"),
    Column("spread_usd", "DOUBLE", "Half spreads paid (USD)"),
    Column("impact_usd", "DOUBLE", "Impact of the own orders on the price (USD)"),
)

BACKTEST_EQUITY = Entity(
    "backtest_equity",
    "models",
    "Equity of each strategy at the end of each UTC day",
    ("strategy", "event_ts"),
    (
        STRATEGY,
        EVENT_TS,
        AVAILABLE_TS,
        Column("equity", "DOUBLE", "Capital, 1 at the start, after all costs"),
        Column("gross_equity", "DOUBLE", "The same orders without any cost"),
        Column("daily_return", "DOUBLE", "Return of the day, after all costs"),
        Column(
            "scaled_equity", "DOUBLE", "At the headline's volatility, by free leverage; rivals only", required=False
        ),
        Column("drawdown", "DOUBLE", "Fall from the highest equity so far (share, ≤ 0)"),
        Column("gross_exposure", "DOUBLE", "Sum of |positions| ÷ equity"),
        Column("net_exposure", "DOUBLE", "Sum of positions ÷ equity"),
        Column("turnover", "DOUBLE", "Traded in the day ÷ equity"),
        Column("rolling_sharpe", "DOUBLE", "Sharpe ratio a year of the 90 days to this one", required=False),
        Column(
            "rolling_beta",
            "DOUBLE",
            "Beta to the market of the 90 days to this one (bitcoin, if it is there)",
            required=False,
        ),
        Column("role", "VARCHAR", "headline, strategy, or rival (what stands beside)"),
    ),
    stage="backtest",
)

BACKTEST_METRICS = Entity(
    "backtest_metrics",
    "models",
    "Figures of each strategy",
    ("strategy", "metric"),
    (
        STRATEGY,
        Column("metric", "VARCHAR", "sharpe, sharpe_gross, max_drawdown, annual_return, cost_fee, …"),
        Column("value", "DOUBLE", "Value; null where it means nothing", required=False),
        LOW,
        HIGH,
        Column("why", "VARCHAR", "Why it is blank, or what it warns of", required=False),
    ),
    stage="backtest",
)

BACKTEST_TRADES = Entity(
    "backtest_trades",
    "models",
    "Every fill of each strategy that is shown in full",
    ("strategy", "event_ts", "asset"),
    (
        STRATEGY,
        ASSET,
        EVENT_TS,
        AVAILABLE_TS,
        Column("usd", "DOUBLE", "Bought; negative: sold (USD)"),
        Column("price", "DOUBLE", "Price of the fill: close of the bar (quote currency)"),
        *COSTS,
    ),
    stage="backtest",
)

BACKTEST_POSITIONS = Entity(
    "backtest_positions",
    "models",
    "What each strategy held of each asset at the end of each UTC day, and what it earned and cost in the day",
    ("strategy", "asset", "day"),
    (
        STRATEGY,
        ASSET,
        DAY,
        Column("position_usd", "DOUBLE", "Value at the end of the day; negative: short (USD)"),
        Column("weight", "DOUBLE", "Value ÷ equity"),
        Column("gross_usd", "DOUBLE", "What prices earned in the day (USD)"),
        Column("long_usd", "DOUBLE", "The part of it that long positions earned (USD)"),
        *COSTS,
        Column("carry_usd", "DOUBLE", "Funding and borrowing paid; negative: received (USD)"),
        Column("delisted_usd", "DOUBLE", "Lost in assets that stopped trading (USD)"),
        Column("net_usd", "DOUBLE", "What prices earned less all costs (USD)"),
    ),
    stage="backtest",
)

BACKTEST_DRAWDOWNS = Entity(
    "backtest_drawdowns",
    "models",
    "The five deepest falls of each strategy",
    ("strategy", "place"),
    (
        STRATEGY,
        Column("place", "INTEGER", "1 for the deepest"),
        Column("high_day", "DATE", "UTC day of the high before"),
        Column("low_day", "DATE", "UTC day of the low"),
        Column("recovered_day", "DATE", "First UTC day at the high again; null: not yet", required=False),
        Column("depth", "DOUBLE", "Fall from the high to the low (share, ≤ 0)"),
        Column("length_days", "BIGINT", "Days from the high to the recovery, or to the end"),
    ),
    stage="backtest",
)

BACKTEST_CURVES = Entity(
    "backtest_curves",
    "models",
    "Sharpe ratio of the headline strategy as costs, latency or capital change",
    ("strategy", "axis", "x"),
    (
        STRATEGY,
        Column("axis", "VARCHAR", "cost (times the costs assumed), latency (bars) or capital (USD)"),
        Column("x", "DOUBLE", "Value on the axis"),
        Column("sharpe", "DOUBLE", "Sharpe ratio a year, net"),
    ),
    stage="backtest",
)

BACKTEST_TRIALS = Entity(
    "backtest_trials",
    "models",
    "Every configuration that was ever backtested here: luck is weighed by their number",
    ("trial_id",),
    (
        Column("trial_id", "VARCHAR", "Hash of the configuration and its terms"),
        STRATEGY,
        Column("model_name", "VARCHAR", "Model whose forecasts it trades; null: none", required=False),
        Column("rule", "VARCHAR", "Kind of rule"),
        Column("horizon_h", "INTEGER", "Horizon or holding, hours"),
        Column("side", "VARCHAR", "both or long"),
        Column("strength", "DOUBLE", "Setting of the rule"),
        Column("settings", "VARCHAR", "JSON of all settings of the rule"),
        Column("terms", "VARCHAR", "JSON of the terms of trading"),
        Column("first_tried_ts", TS, "When it was first tried (wall clock, UTC)", compared=False),
        Column("first_day", "DATE", "First UTC day of the newest try"),
        Column("last_day", "DATE", "Last UTC day of the newest try"),
        Column("sharpe", "DOUBLE", "Sharpe ratio a year, net, of the newest try; null: too short", required=False),
        Column("annual_return", "DOUBLE", "Return a year, net; null for less than 30 days", required=False),
        Column("max_drawdown", "DOUBLE", "Deepest fall (share)"),
    ),
    kind="kept",
)
