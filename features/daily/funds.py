"""Premium of listed funds over the coins that they hold: share price ÷ (units per share × price of the asset) − 1.

Both prices are of one moment: shares are priced at the close of New York's session (16:00 there), so the asset is, too,
where hourly closes reach that moment; else by the daily price of a vendor, which is of midnight UTC.
"""

from datetime import timedelta

import polars as pl

SESSION_END_H = 16
MOST_AGE = timedelta(hours=1)  # of the hourly close that stands for the session's end
SCORE_DAYS, SCORE_MIN = 250, 120


def fund_premium(funds: pl.DataFrame, hourly: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Rows of features.fund_premium: one per fund and day of trading, from core.funds as of now.

    `funds`: fund, asset, source, event_ts (end of the UTC day of the session), available_ts, share_price_usd,
    units_per_share, premium_stated (null where no source states one). `hourly`: asset, available_ts, close_quote;
    `daily`: asset, event_ts (end of the day), available_ts, price_usd. Of several sources of a fund the first by name
    counts each day. Row t uses prices up to the end of its session, or of its day.
    """
    one = funds.sort("source").unique(["fund", "event_ts"], keep="first", maintain_order=True)
    timed = one.with_columns(session_end_ts=_session_end()).sort("session_end_ts")
    at_close = hourly.select("asset", "available_ts", _hourly="close_quote").drop_nulls("_hourly").sort("available_ts")
    of_day = daily.select("asset", "event_ts", _daily="price_usd", _daily_ts="available_ts")
    priced = timed.join_asof(
        at_close.rename({"available_ts": "session_end_ts"}), on="session_end_ts", by="asset", strategy="backward",
        tolerance=MOST_AGE, check_sortedness=False,
    ).join(of_day, on=["asset", "event_ts"], how="left")  # fmt: skip
    known = priced.with_columns(
        asset_price_usd=pl.coalesce("_hourly", "_daily"),
        available_ts=pl.when(pl.col("_hourly").is_null())
        .then(pl.max_horizontal("available_ts", "_daily_ts"))
        .otherwise("available_ts"),
        price_at=pl.when(pl.col("_hourly").is_not_null())
        .then(pl.lit("session end"))
        .when(pl.col("_daily").is_not_null())
        .then(pl.lit("end of the UTC day")),
    )
    value = pl.col("units_per_share") * pl.col("asset_price_usd")
    shown = known.with_columns(net_asset_value_usd=value, premium=pl.col("share_price_usd") / value - 1).sort(
        "fund", "event_ts"
    )
    return shown.with_columns(premium_z=_score()).select(
        "fund", "asset", "event_ts", "available_ts", "session_end_ts", "share_price_usd", "units_per_share",
        "asset_price_usd", "price_at", "net_asset_value_usd", "premium", "premium_stated", "premium_z",
    )  # fmt: skip


def _session_end() -> pl.Expr:
    """The close of New York's session on the UTC day that ends at `event_ts`."""
    day = (pl.col("event_ts") - timedelta(days=1)).dt.replace_time_zone(None)
    local = (day + timedelta(hours=SESSION_END_H)).dt.replace_time_zone("America/New_York")
    return local.dt.convert_time_zone("UTC")


def _score() -> pl.Expr:
    """(Premium − mean) ÷ deviation over the last SCORE_DAYS days of trading, today's included."""
    of = pl.col("premium")
    mean = of.rolling_mean(SCORE_DAYS, min_samples=SCORE_MIN)
    deviation = of.rolling_std(SCORE_DAYS, min_samples=SCORE_MIN)
    return ((of - mean) / deviation).over("fund", order_by="event_ts")
