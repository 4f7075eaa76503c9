"""Funding per hour, whatever the length between a swap's settlements: a rate of .01 % for one hour is eight times one
of .01 % for eight."""

import numpy as np
import polars as pl

from domain.types import Array
from features.candles import Bars

LENGTHS_H = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0)
LATE_H = 0.05  # settlements are stamped some seconds late


def funding_hourly(funding: pl.DataFrame) -> pl.DataFrame:
    """Rows of features.funding_hourly: `funding_rate` (share of notional per settlement) over its hours.

    `funding`: exchange, symbol, asset, event_ts, available_ts, funding_rate, interval_h (null where the source does not
    state it). A length that is not stated is the distance to the settlement before, where that is one in use and no
    longer than the one before it: a longer one may be a hole, and has no rate per hour until it comes a second time.
    Across a hole of any other length it is the last one that was known. Row t uses rows up to t.
    """
    swap = ["exchange", "symbol"]
    ordered = funding.sort(*swap, "event_ts")
    apart = (pl.col("event_ts") - pl.col("event_ts").shift(1).over(swap)).dt.total_seconds() / 3600
    whole = apart.round()
    spaced = pl.when((apart - whole).abs() <= LATE_H, whole.is_in(list(LENGTHS_H))).then(whole)
    timed = ordered.with_columns(_apart=spaced).with_columns(_before=pl.col("_apart").shift(1).over(swap))
    is_longer = (pl.col("_apart") > pl.col("_before")).fill_null(value=False)
    shown = pl.when(~is_longer).then(pl.col("_apart"))
    told = pl.when(pl.col("_apart").is_null()).then(shown.forward_fill().over(swap)).otherwise(shown)
    length = pl.coalesce("interval_h", told)
    return timed.with_columns(interval_h=length, is_interval_stated=pl.col("interval_h").is_not_null()).select(
        *swap, "asset", "event_ts", "available_ts", "funding_rate", "interval_h", "is_interval_stated",
        funding_rate_per_hour=pl.col("funding_rate") / pl.col("interval_h"),
    )  # fmt: skip


def settled_in_bar(funding: pl.DataFrame, bars: Bars) -> Array:
    """Funding that a long position pays at the settlements within each bar, share of notional [T, A]; 0 without any.

    `funding`: exchange, symbol, asset, event_ts, funding_rate. Of several swaps of an asset the one that is known for
    the longest time counts, before and after it the next one. A settlement at the close of a bar is paid by who held
    over that bar.
    """
    out = np.zeros(bars.close.shape)
    if funding.is_empty():
        return out
    own = pl.concat(_one_swap_at_a_time(part) for _, part in funding.group_by("asset", maintain_order=True))
    own = own.filter(pl.col("asset").is_in(list(bars.assets)))
    ts = own["event_ts"].dt.truncate("1m").dt.epoch("s").to_numpy().astype("datetime64[s]")  # stamped seconds late
    row = np.searchsorted(bars.close_ts, ts)
    column = own["asset"].replace_strict({a: i for i, a in enumerate(bars.assets)}, return_dtype=pl.Int64).to_numpy()
    inside = (row < len(out)) & (ts > bars.close_ts[0] - np.timedelta64(int(bars.step_h * 3600), "s"))
    np.add.at(out, (row[inside], column[inside]), own["funding_rate"].to_numpy()[inside])
    return out


def _one_swap_at_a_time(funding: pl.DataFrame) -> pl.DataFrame:
    """Settlements of one asset: of the swap known for the longest time, and of others where no longer one is known."""
    span = funding.group_by("exchange", "symbol").agg(start=pl.col("event_ts").min(), end=pl.col("event_ts").max())
    kept, free = [], pl.lit(value=True)
    for swap in span.sort(pl.col("start") - pl.col("end"), "exchange", "symbol").iter_rows(named=True):
        mine = (pl.col("exchange") == swap["exchange"]) & (pl.col("symbol") == swap["symbol"])
        kept.append(funding.filter(mine & free))
        free = free & ~pl.col("event_ts").is_between(swap["start"], swap["end"])
    return pl.concat(kept)
