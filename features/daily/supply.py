"""Daily supply of stablecoins: one figure per coin and day, from vendors that give totals or chains, carried over days
without one; nothing is ever silently smaller.
"""

from datetime import timedelta

import polars as pl

from domain.assets.chains import chain_name

CARRY_DAYS = 7
BIG_USD = 1e8
IMPOSSIBLE = 10.0  # times more, or less, than in the week before: a slip of units or a zero, not a supply
MINOR = 0.01  # of a coin: chains of this share may end without ending its total


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
        return reported.with_columns(is_carried=pl.lit(False)).drop("known_ts")
    carried = _carried(reported.with_columns(_chain=pl.lit("all")), "coin", "_chain")
    return carried.with_columns(is_carried=pl.col("known_ts") != pl.col("event_ts")).drop("known_ts", "_chain")


def _figures(supply: pl.DataFrame) -> pl.DataFrame:
    """Supply at par and at market of every plausible row, from units and price or from a capitalisation and the price;
    of several names of one chain the newest figure.
    """
    units, cap, price = pl.col("supply_units"), pl.col("market_cap_usd"), pl.col("price_usd")
    figures = supply.select(
        "coin",
        "source",
        "event_ts",
        "available_ts",
        chain=chain_name(pl.col("chain")),
        supply_par_usd=pl.coalesce(units, cap / price, cap),
        supply_market_usd=pl.coalesce(units * price, cap, units),
    )
    key = ["coin", "source", "chain"]
    once = figures.sort("available_ts", "supply_par_usd").unique([*key, "event_ts"], keep="last")
    return once.sort("event_ts", *key).filter(_is_plausible(key))


def _is_plausible(key: list[str]) -> pl.Expr:
    """Whether a figure is within a factor of IMPOSSIBLE of the median of the week before it, where that is big."""
    usual = pl.col("supply_par_usd").rolling_median_by("event_ts", f"{CARRY_DAYS}d", closed="left")
    usual = usual.over(key, order_by="event_ts").fill_null(0.0)
    ratio = pl.col("supply_par_usd") / usual
    return (usual < BIG_USD) | ratio.is_between(1 / IMPOSSIBLE, IMPOSSIBLE)


def _summed_chains(figures: pl.DataFrame) -> pl.DataFrame:
    """A total per coin, vendor and day for days on which a vendor gives chains without a total; `known_ts` is the day
    of the oldest figure in it.

    Each chain that has begun has to have a figure or carry one; chains that have ended may be left out where they were
    MINOR.
    """
    by, day = ["coin", "source"], ["coin", "source", "event_ts"]
    given = figures.filter(pl.col("chain") == "all").select(day)
    chains = figures.filter(pl.col("chain") != "all")
    lacking = chains.join(given, on=day, how="anti").select(by).unique()
    chains = chains.join(lacking, on=by, how="semi")
    if chains.is_empty():
        return figures.clear().with_columns(known_ts="event_ts")
    carried = _carried(chains, *by, "chain")
    total = carried.group_by(day).agg(
        pl.col("available_ts").max(), pl.col("supply_par_usd").sum(), pl.col("supply_market_usd").sum(),
        pl.col("known_ts").min(),
    ).join(_ended(chains, carried), on=day, how="left")  # fmt: skip
    ended = pl.col("ended_par_usd").fill_null(0.0)
    whole = total.filter(ended <= MINOR * (pl.col("supply_par_usd") + ended)).join(given, on=day, how="anti")
    return whole.with_columns(chain=pl.lit("all")).select(*figures.columns, "known_ts").sort(day)


def _ended(chains: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """`ended_par_usd` by coin, vendor and day: the last figures of chains that have begun and have or carry none."""
    key = ["coin", "source", "chain"]
    days = carried.select("coin", "source", "event_ts").unique()
    begun = chains.group_by(key).agg(first=pl.col("event_ts").min())
    due = days.join(begun, on=["coin", "source"]).filter(pl.col("first") <= pl.col("event_ts"))
    missing = due.join(carried, on=[*key, "event_ts"], how="anti").sort("event_ts")
    last = missing.join_asof(
        chains.sort("event_ts").select(*key, "event_ts", "supply_par_usd"),
        on="event_ts",
        by=key,
        check_sortedness=False,
    )
    return last.group_by("coin", "source", "event_ts").agg(ended_par_usd=pl.col("supply_par_usd").sum())


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
