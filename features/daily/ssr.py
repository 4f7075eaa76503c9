"""The Stablecoin Supply Ratio: BTC market capitalisation ÷ stablecoin supply, daily, in total and per coin.

At par a coin counts one dollar; at market it counts what it trades at, so that a de-pegged coin weighs less. The
oscillator is given in both forms in use: z = (SSR − mean) ÷ deviation over 200 days, and %b = z/4 + 1/2.
"""

from datetime import timedelta

import polars as pl

from features.daily.supply import daily_supply

OSCILLATOR_DAYS = 200
OSCILLATOR_MIN_DAYS = 180
COIN_LISTS: dict[str, tuple[str, ...]] = {
    "majors-v1": ("USDT", "USDC", "USDP", "DAI", "BUSD"),
    "majors-v2": ("USDT", "USDC", "USDE", "DAI", "USDS", "FDUSD", "PYUSD", "TUSD", "USDP", "BUSD"),
    "majors-v3": ("USDT", "USDC", "DAI", "USDP"),  # v1 without BUSD, which its issuer ended in 2024
    "simulated-v1": ("AUSD", "BSTB", "CUSD", "DPEG", "EUSD"),
}


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

    `available_ts` is the latest of the inputs'. Coins of the list that have not begun are named in `absent_coins`.
    KeyError names the known lists where `coin_list` is unknown.
    """
    if coin_list not in COIN_LISTS:
        raise KeyError(f"coin list {coin_list!r} is unknown; there are {', '.join(COIN_LISTS)}")
    coins = COIN_LISTS[coin_list]
    per_coin = daily_supply(supply, coins)
    each = per_coin.with_columns(n_coins=pl.lit(1, pl.Int32), n_carried=pl.col("is_carried").cast(pl.Int32)).drop(
        "is_carried"
    )
    total = _total(per_coin)
    both = _with_growth(pl.concat([total.select(each.columns), each]), each)
    joined = both.join(btc_market_cap(metrics), on="event_ts", suffix="_btc").sort("coin", "event_ts")
    totals = total.select("event_ts", total_par="supply_par_usd")
    with_total = joined.join(totals, on="event_ts", how="left")
    return _ratios(with_total, coin_list).join(
        _absent(per_coin, coins), on="event_ts", how="left", maintain_order="left"
    )


def _absent(per_coin: pl.DataFrame, coins: tuple[str, ...]) -> pl.DataFrame:
    """`absent_coins` by day: coins of the list of which no figure was given up to then; null where there are none."""
    begun = per_coin.group_by("coin").agg(first=pl.col("event_ts").min())
    listed = pl.DataFrame({"coin": sorted(coins)}).join(begun, on="coin", how="left")
    pairs = per_coin.select("event_ts").unique().join(listed, how="cross")
    not_yet = pairs.filter(pl.col("first").is_null() | (pl.col("first") > pl.col("event_ts"))).sort("event_ts", "coin")
    return not_yet.group_by("event_ts", maintain_order=True).agg(absent_coins=pl.col("coin").str.join(", "))


def _total(per_coin: pl.DataFrame) -> pl.DataFrame:
    """Supply of all coins by day. A day on which a coin that has begun neither has nor carries a figure has no total:
    none that is silently smaller.
    """
    begun = per_coin.group_by("coin").agg(first=pl.col("event_ts").min())
    n_due = (
        per_coin.select("event_ts")
        .unique()
        .join(begun, how="cross")
        .filter(pl.col("first") <= pl.col("event_ts"))
        .group_by("event_ts")
        .len("n_due")
    )
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
    return total.join(n_due, on="event_ts", maintain_order="left").filter(pl.col("n_coins") == pl.col("n_due"))


def _with_growth(supply: pl.DataFrame, each: pl.DataFrame) -> pl.DataFrame:
    """Growth of the supply over 1, 7 and 30 days of the calendar; null where the day before has no figure. That of ALL
    is of the coins that both days have: a coin that begins to be counted is no growth.
    """
    for n in (1, 7, 30):
        before = supply.select("coin", event_ts=pl.col("event_ts") + timedelta(days=n), _before="supply_par_usd")
        coins_before = each.select("coin", event_ts=pl.col("event_ts") + timedelta(days=n), _before="supply_par_usd")
        same = each.join(coins_before, on=["coin", "event_ts"]).group_by("event_ts").agg(
            coin=pl.lit("ALL"), _same=pl.col("supply_par_usd").sort_by("coin").sum()
        )  # fmt: skip
        now = pl.coalesce(pl.when(pl.col("coin") == "ALL").then("_same"), "supply_par_usd")
        supply = (
            supply.join(before, on=["coin", "event_ts"], how="left")
            .join(same, on=["coin", "event_ts"], how="left")
            .with_columns((now / pl.col("_before") - 1).alias(f"growth_{n}d"))
            .drop("_before", "_same")
        )
    return supply


def _ratios(joined: pl.DataFrame, coin_list: str) -> pl.DataFrame:
    """Ratios, share and oscillator from supply joined with BTC capitalisation and total supply by day."""
    return (
        joined.with_columns(
            available_ts=pl.max_horizontal("available_ts", "available_ts_btc"),
            ssr_par=pl.col("btc_market_cap_usd") / pl.col("supply_par_usd"),
            ssr_market=pl.col("btc_market_cap_usd") / pl.col("supply_market_usd"),
            supply_share=pl.col("supply_par_usd") / pl.col("total_par"),
            coin_list=pl.lit(coin_list),
        )
        .filter(pl.col("supply_par_usd") > 0)
        .with_columns(oscillator_z=oscillator(pl.col("ssr_par"), by="coin"))
        .with_columns(oscillator_pct_b=pl.col("oscillator_z") / 4 + 0.5)
        .drop("available_ts_btc", "total_par")
        .sort("coin", "event_ts")
    )


def oscillator(ssr: pl.Expr, by: str | None = None, ddof: int = 0) -> pl.Expr:
    """(SSR − mean of the last 200 days) ÷ their standard deviation, by the calendar of `event_ts`; null before there
    are 200 days, and where fewer than 180 of them have a figure.
    """
    window, day = f"{OSCILLATOR_DAYS}d", pl.col("event_ts")
    mean = ssr.rolling_mean_by("event_ts", window, min_samples=OSCILLATOR_MIN_DAYS)
    deviation = ssr.rolling_std_by("event_ts", window, min_samples=OSCILLATOR_MIN_DAYS, ddof=ddof)
    is_long = day - day.min() >= timedelta(days=OSCILLATOR_DAYS - 1)
    if by:
        mean, deviation, is_long = (e.over(by, order_by="event_ts") for e in (mean, deviation, is_long))
    return pl.when(is_long).then((ssr - mean) / deviation)
