"""The Stablecoin Supply Ratio: BTC market capitalisation ÷ stablecoin supply, daily, in total and per coin.

At par a coin counts one dollar; at market it counts what it trades at, so that a de-pegged coin weighs less. The
oscillator is given in both forms in use: z = (SSR − mean) ÷ deviation over 200 days, and %b = z/4 + 1/2.
"""

from datetime import timedelta

import polars as pl

OSCILLATOR_DAYS = 200
CARRY_DAYS = 7
COIN_LISTS: dict[str, tuple[str, ...]] = {
    "majors-v1": ("USDT", "USDC", "USDP", "DAI", "BUSD"),
    "majors-v2": ("USDT", "USDC", "USDE", "DAI", "USDS", "FDUSD", "PYUSD", "TUSD", "USDP", "BUSD"),
    "simulated-v1": ("AUSD", "BSTB", "CUSD", "DPEG", "EUSD"),
}


def daily_supply(supply: pl.DataFrame, coins: tuple[str, ...]) -> pl.DataFrame:
    """One row per coin and day: `supply_par_usd`, `supply_market_usd`, `available_ts`, `is_carried`.

    A missing day carries the last figure forward, at most CARRY_DAYS, with `is_carried`. A coin without a price counts
    at par in the market variant.
    """
    reported = _one_vendor_per_day(supply, coins)
    if reported.is_empty():
        return reported.with_columns(is_carried=pl.lit(False))
    filled = _every_day(reported).join_asof(
        reported.sort("event_ts").with_columns(known_ts="event_ts"),
        on="event_ts", by="coin", tolerance=f"{CARRY_DAYS}d", check_sortedness=False,
    )  # fmt: skip
    return (
        filled.filter(pl.col("supply_par_usd").is_not_null())
        .with_columns(
            is_carried=pl.col("known_ts") != pl.col("event_ts"),
            available_ts=pl.col("available_ts") + (pl.col("event_ts") - pl.col("known_ts")),
        )
        .drop("known_ts")
    )


def _one_vendor_per_day(supply: pl.DataFrame, coins: tuple[str, ...]) -> pl.DataFrame:
    """The figures of one vendor per coin and day: the one that has reported most days of the coin up to then."""
    return (
        supply.filter(pl.col("coin").is_in(list(coins)), pl.col("chain") == "all")
        .sort("event_ts")
        .with_columns(n_vendor_days=pl.int_range(pl.len()).over("coin", "source"))
        .sort("n_vendor_days", "source", descending=[True, False])
        .unique(["coin", "event_ts"], keep="first", maintain_order=True)
        .with_columns(units=pl.coalesce("supply_units", "market_cap_usd"))
        .select(
            "coin",
            "event_ts",
            "available_ts",
            supply_par_usd="units",
            supply_market_usd=pl.col("units") * pl.col("price_usd").fill_null(1.0),
        )
    )


def _every_day(reported: pl.DataFrame) -> pl.DataFrame:
    """`coin`, `event_ts` of every day from a coin's first to CARRY_DAYS after its last, within the reported span."""
    last = reported["event_ts"].max()
    days = reported.group_by("coin").agg(
        event_ts=pl.datetime_range(
            pl.col("event_ts").min(),
            pl.min_horizontal(pl.col("event_ts").max() + timedelta(days=CARRY_DAYS), pl.lit(last)),
            "1d",
        )
    )
    return days.explode("event_ts").sort("event_ts")


def btc_market_cap(metrics: pl.DataFrame) -> pl.DataFrame:
    """BTC market capitalisation per day: `event_ts`, `available_ts`, `btc_market_cap_usd`.

    The capitalisation itself where a source gives it, else price × supply.
    """
    parts = ("market_cap_usd", "price_usd", "supply_units")
    btc = metrics.filter(pl.col("asset") == "BTC", pl.col("metric").is_in(parts)).sort("source")
    wide = btc.group_by("event_ts").agg(
        pl.col("available_ts").max(),
        *(pl.col("value").filter(pl.col("metric") == m).first().alias(m) for m in parts),
    )
    cap = pl.coalesce("market_cap_usd", pl.col("price_usd") * pl.col("supply_units"))
    return (
        wide.select("event_ts", "available_ts", btc_market_cap_usd=cap)
        .filter(pl.col("btc_market_cap_usd").is_not_null())
        .sort("event_ts")
    )


def ssr_daily(supply: pl.DataFrame, metrics: pl.DataFrame, coin_list: str) -> pl.DataFrame:
    """The ratio with oscillator, growth and shares, per coin and for ALL coins of the list; one row per coin and day.

    `available_ts` is the latest of the inputs'. KeyError names the known lists where `coin_list` is unknown.
    """
    if coin_list not in COIN_LISTS:
        raise KeyError(f"coin list {coin_list!r} is unknown; there are {', '.join(COIN_LISTS)}")
    per_coin = daily_supply(supply, COIN_LISTS[coin_list])
    total = (
        per_coin.sort("event_ts", "coin")
        .group_by("event_ts", maintain_order=True)
        .agg(
            coin=pl.lit("ALL"),
            available_ts=pl.col("available_ts").max(),
            supply_par_usd=pl.col("supply_par_usd").sum(),
            supply_market_usd=pl.col("supply_market_usd").sum(),
            n_coins=pl.len().cast(pl.Int32),
            n_carried=pl.col("is_carried").sum().cast(pl.Int32),
        )
    )
    each = per_coin.with_columns(n_coins=pl.lit(1, pl.Int32), n_carried=pl.col("is_carried").cast(pl.Int32)).drop(
        "is_carried"
    )
    both = pl.concat([total.select(each.columns), each])
    joined = both.join(btc_market_cap(metrics), on="event_ts", suffix="_btc").sort("coin", "event_ts")
    totals = total.select("event_ts", total_par="supply_par_usd")
    return _ratios(joined.join(totals, on="event_ts"), coin_list)


def _ratios(joined: pl.DataFrame, coin_list: str) -> pl.DataFrame:
    """Ratios, growth, share and oscillator from supply joined with BTC capitalisation and total supply by day."""
    growth = [
        (pl.col("supply_par_usd") / pl.col("supply_par_usd").shift(n).over("coin", order_by="event_ts") - 1).alias(
            f"growth_{n}d"
        )
        for n in (1, 7, 30)
    ]
    with_ratio = joined.with_columns(
        available_ts=pl.max_horizontal("available_ts", "available_ts_btc"),
        ssr_par=pl.col("btc_market_cap_usd") / pl.col("supply_par_usd"),
        ssr_market=pl.col("btc_market_cap_usd") / pl.col("supply_market_usd"),
        supply_share=pl.col("supply_par_usd") / pl.col("total_par"),
        coin_list=pl.lit(coin_list),
    ).filter(pl.col("supply_par_usd") > 0)
    z = oscillator(pl.col("ssr_par"), by="coin")
    return (
        with_ratio.with_columns(*growth, oscillator_z=z)
        .with_columns(oscillator_pct_b=pl.col("oscillator_z") / 4 + 0.5)
        .drop("available_ts_btc", "total_par")
        .sort("coin", "event_ts")
    )


def oscillator(ssr: pl.Expr, by: str | None = None, ddof: int = 0) -> pl.Expr:
    """(SSR − mean of the last 200 days) ÷ their standard deviation; null before there are 200 days."""
    mean = ssr.rolling_mean(OSCILLATOR_DAYS)
    deviation = ssr.rolling_std(OSCILLATOR_DAYS, ddof=ddof)
    if by:
        mean, deviation = mean.over(by, order_by="event_ts"), deviation.over(by, order_by="event_ts")
    return (ssr - mean) / deviation
