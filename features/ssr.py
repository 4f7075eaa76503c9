"""The Stablecoin Supply Ratio: BTC market capitalisation ÷ stablecoin supply, daily, in total and per coin.

At par a coin counts one dollar; at market it counts what it trades at, so that a de-pegged coin weighs less. The
oscillator is given in both forms in use: z = (SSR − mean) ÷ deviation over 200 days, and %b = z/4 + 1/2.
"""

from datetime import timedelta

import polars as pl

OSCILLATOR_DAYS = 200
OSCILLATOR_MIN_DAYS = 180
CARRY_DAYS = 7
COIN_LISTS: dict[str, tuple[str, ...]] = {
    "majors-v1": ("USDT", "USDC", "USDP", "DAI", "BUSD"),
    "majors-v2": ("USDT", "USDC", "USDE", "DAI", "USDS", "FDUSD", "PYUSD", "TUSD", "USDP", "BUSD"),
    "simulated-v1": ("AUSD", "BSTB", "CUSD", "DPEG", "EUSD"),
}


def daily_supply(supply: pl.DataFrame, coins: tuple[str, ...]) -> pl.DataFrame:
    """One row per coin and day: `supply_par_usd`, `supply_market_usd`, `available_ts`, `is_carried`.

    A missing day carries the last figure forward, at most CARRY_DAYS, with `is_carried`. A coin without a price counts
    at par in the market variant. A vendor that gives chains without a total is summed over its chains, on days on which
    each chain that has begun has a figure or carries one.
    """
    figures = _figures(supply.filter(pl.col("coin").is_in(list(coins))))
    totals = figures.filter(pl.col("chain") == "all").with_columns(known_ts="event_ts")
    reported = _one_vendor_per_day(pl.concat([totals, _summed_chains(figures)]))
    if reported.is_empty():
        return reported.with_columns(is_carried=pl.lit(False))
    carried = _carried(reported.with_columns(_chain=pl.lit("all")), "coin", "_chain")
    return carried.with_columns(is_carried=pl.col("known_ts") != pl.col("event_ts")).drop("known_ts", "_chain")


def _figures(supply: pl.DataFrame) -> pl.DataFrame:
    """Supply at par and at market of every row: from units and price, or from a capitalisation and the price."""
    units, cap, price = pl.col("supply_units"), pl.col("market_cap_usd"), pl.col("price_usd")
    return supply.select(
        "coin",
        "chain",
        "source",
        "event_ts",
        "available_ts",
        supply_par_usd=pl.coalesce(units, cap / price, cap),
        supply_market_usd=pl.coalesce(units * price, cap, units),
    )


def _summed_chains(figures: pl.DataFrame) -> pl.DataFrame:
    """A total per coin, vendor and day for vendors that give chains without a total; `known_ts` is the day of the
    oldest figure in it.
    """
    totals = figures.filter(pl.col("chain") == "all").select("coin", "source").unique()
    chains = figures.filter(pl.col("chain") != "all").join(totals, on=["coin", "source"], how="anti")
    if chains.is_empty():
        return figures.clear().with_columns(known_ts="event_ts")
    carried = _carried(chains, "coin", "source", "chain")
    begun = chains.group_by("coin", "source", "chain").agg(first=pl.col("event_ts").min())
    due = carried.select("coin", "source", "event_ts").unique().join(begun, on=["coin", "source"])
    n_due = due.filter(pl.col("first") <= pl.col("event_ts")).group_by("coin", "source", "event_ts").len("n_due")
    total = carried.group_by("coin", "source", "event_ts").agg(
        pl.col("available_ts").max(), pl.col("supply_par_usd").sum(), pl.col("supply_market_usd").sum(),
        pl.col("known_ts").min(), n=pl.len(),
    )  # fmt: skip
    whole = total.join(n_due, on=["coin", "source", "event_ts"]).filter(pl.col("n") == pl.col("n_due"))
    return whole.with_columns(chain=pl.lit("all")).select(*figures.columns, "known_ts").sort("coin", "source", "event_ts")


def _one_vendor_per_day(figures: pl.DataFrame) -> pl.DataFrame:
    """The figures of one vendor per coin and day: the one that has reported most days of the coin up to then."""
    return (
        figures.sort("event_ts")
        .with_columns(n_vendor_days=pl.int_range(pl.len()).over("coin", "source"))
        .sort("n_vendor_days", "source", descending=[True, False])
        .unique(["coin", "event_ts"], keep="first", maintain_order=True)
        .select("coin", "event_ts", "available_ts", "supply_par_usd", "supply_market_usd", "known_ts")
    )


def _carried(reported: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Rows of every day from the first of a series to CARRY_DAYS after its last, within the reported span; `known_ts`
    is the day that a row's figure is of (as given, else its own day), at most CARRY_DAYS before.
    """
    if "known_ts" not in reported.columns:
        reported = reported.with_columns(known_ts="event_ts")
    last = reported["event_ts"].max()
    days = reported.group_by(by).agg(
        event_ts=pl.datetime_range(
            pl.col("event_ts").min(),
            pl.min_horizontal(pl.col("event_ts").max() + timedelta(days=CARRY_DAYS), pl.lit(last)),
            "1d",
        )
    )
    filled = days.explode("event_ts").sort("event_ts").join_asof(
        reported.sort("event_ts").with_columns(_of="event_ts"),
        on="event_ts", by=list(by), tolerance=f"{CARRY_DAYS}d", check_sortedness=False,
    )  # fmt: skip
    fresh = pl.col("event_ts") - pl.col("known_ts") <= timedelta(days=CARRY_DAYS)
    late = pl.col("event_ts") - pl.col("_of")
    return (
        filled.filter(pl.col("supply_par_usd").is_not_null(), fresh)
        .with_columns(available_ts=pl.col("available_ts") + late)
        .drop("_of")
    )


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
    both = _with_growth(pl.concat([total.select(each.columns), each]))
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


def _with_growth(supply: pl.DataFrame) -> pl.DataFrame:
    """Growth of the supply over 1, 7 and 30 days of the calendar; null where the day before has no figure."""
    for n in (1, 7, 30):
        before = supply.select(
            "coin", event_ts=pl.col("event_ts") + timedelta(days=n), _before=pl.col("supply_par_usd")
        )
        supply = (
            supply.join(before, on=["coin", "event_ts"], how="left")
            .with_columns((pl.col("supply_par_usd") / pl.col("_before") - 1).alias(f"growth_{n}d"))
            .drop("_before")
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
