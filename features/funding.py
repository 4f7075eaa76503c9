"""Funding per hour, whatever the length between a swap's settlements: a rate of .01 % for one hour is eight times one
of .01 % for eight."""

import polars as pl

LENGTHS_H = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0)
LATE_H = 0.05  # settlements are stamped some seconds late


def funding_hourly(funding: pl.DataFrame) -> pl.DataFrame:
    """Rows of features.funding_hourly: `funding_rate` (share of notional per settlement) over its hours.

    `funding`: exchange, symbol, asset, event_ts, available_ts, funding_rate, interval_h (null where the source does not
    state it). A length that is not stated is the distance to the settlement before, where that is one in use; across a
    hole it is the last one that was known, and without any the rate per hour is null. Row t uses rows up to t.
    """
    swap = ["exchange", "symbol"]
    ordered = funding.sort(*swap, "event_ts")
    apart = (pl.col("event_ts") - pl.col("event_ts").shift(1).over(swap)).dt.total_seconds() / 3600
    whole = apart.round()
    spaced = pl.when((apart - whole).abs() <= LATE_H, whole.is_in(list(LENGTHS_H))).then(whole)
    length = pl.coalesce("interval_h", spaced.forward_fill().over(swap))
    return ordered.with_columns(interval_h=length, is_interval_stated=pl.col("interval_h").is_not_null()).select(
        *swap, "asset", "event_ts", "available_ts", "funding_rate", "interval_h", "is_interval_stated",
        funding_rate_per_hour=pl.col("funding_rate") / pl.col("interval_h"),
    )  # fmt: skip
