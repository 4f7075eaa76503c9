"""Which market's candles are an asset's series: the best one, joined by others where it has ended or not begun."""

from datetime import datetime, timedelta

import polars as pl

from domain.assets.codes import changing_codes, coin_of
from domain.assets.pairs import split_pair

THIN = 0.01  # a market with less than this share of the turnover of the busiest one is no measure of the price
ALIKE = 0.5  # markets with this share of the bars of the best are told apart by kind and quote
JOINED_BEYOND = timedelta(days=3)  # a market that is this far behind another has ended
SERIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "asset": pl.String, "exchange": pl.String, "symbol": pl.String,
    "first_ts": pl.Datetime("us", "UTC"), "last_ts": pl.Datetime("us", "UTC"), "n_traded": pl.UInt32,
}  # fmt: skip
_MARKET = ["asset", "exchange", "symbol"]


def market_stats(candles: pl.DataFrame) -> pl.DataFrame:
    """`first_ts`, `last_ts` (opens), `n_traded`, `turnover` of each market; of candles of one timeframe."""
    traded = pl.col("volume_base").is_null() | (pl.col("volume_base") > 0)
    return candles.group_by(*_MARKET, "quote").agg(
        first_ts=pl.col("event_ts").min(),
        last_ts=pl.col("event_ts").max(),
        n_traded=traded.sum(),
        turnover=(pl.col("volume_base") * pl.col("close_quote")).sum(),
    )


def choose_markets(stats: pl.DataFrame, quotes: tuple[str, ...]) -> pl.DataFrame:
    """The spans [first_ts, last_ts] (opens of bars) that each asset's series takes from a market, ascending.

    `stats`: `market_stats` of one timeframe, quotes among `quotes`. Of the markets with at least half as many traded
    bars as the best, and a hundredth of the turnover of the busiest, spot goes before swaps, then quotes in their
    order, bars, turnover. What lies more than three days before or after that market is taken from the next one that
    has it.
    """
    markets = stats.with_columns(
        rank=pl.col("quote").replace_strict({q: i for i, q in enumerate(quotes)}, return_dtype=pl.Int64),
        is_swap=pl.col("symbol").str.contains(":", literal=True),
        is_minor=(pl.col("n_traded") < ALIKE * pl.col("n_traded").max().over("asset"))
        | (pl.col("turnover") < THIN * pl.col("turnover").max().over("asset")).fill_null(value=False),
    ).sort(
        "asset", "is_minor", "is_swap", "rank", "n_traded", "turnover", "exchange", "symbol",
        descending=[False, False, False, False, True, True, False, False],
    )  # fmt: skip
    parts = [_joined(own) for own in markets.partition_by("asset", maintain_order=True)]
    chosen = pl.concat(parts) if parts else pl.DataFrame(schema=SERIES)
    return chosen.select(pl.col(name).cast(dtype) for name, dtype in SERIES.items())


def _joined(markets: pl.DataFrame) -> pl.DataFrame:
    """The spans of one asset, from its markets in the order of preference."""
    best, *others = markets.to_dicts()
    spans = [best]
    for other in others:
        first, last = spans[0]["first_ts"], spans[-1]["last_ts"]
        if other["last_ts"] > last + JOINED_BEYOND:
            spans.append(other | {"first_ts": max(other["first_ts"], last + timedelta(microseconds=1))})
        if other["first_ts"] < first - JOINED_BEYOND:
            spans.insert(0, other | {"last_ts": min(other["last_ts"], first - timedelta(microseconds=1))})
    return pl.DataFrame(spans, schema=markets.schema)


def series_of(candles: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The candles of the chosen spans, prices and volumes in present units of the asset, with `is_seam`: a bar that is
    the first of another market than the bar before.
    """
    inside = candles.join(chosen, on=_MARKET, how="inner").filter(
        pl.col("event_ts").is_between(pl.col("first_ts"), pl.col("last_ts"))
    )
    scaled = _in_present_units(inside).sort("asset", "event_ts")
    market = pl.concat_str("exchange", "symbol", separator=" ")
    return scaled.with_columns(is_seam=(market != market.shift(1).over("asset")).fill_null(value=False))


def _in_present_units(candles: pl.DataFrame) -> pl.DataFrame:
    """Prices of one present unit of the asset, and volumes in such units: a thousandth of 1000SHIB, a hundred LEND."""
    codes = candles.select("exchange", "symbol", at=_day_where_it_matters()).unique()
    units = [_units(symbol, exchange, at) for exchange, symbol, at in codes.iter_rows()]
    if all(unit == 1.0 for unit in units):
        return candles
    known = codes.with_columns(pl.Series("_units", units, dtype=pl.Float64))
    keyed = candles.with_columns(at=_day_where_it_matters())
    joined = keyed.join(known, on=["exchange", "symbol", "at"], how="left", maintain_order="left", nulls_equal=True)
    prices = [f"{name}_quote" for name in ("open", "high", "low", "close")]
    return joined.with_columns(
        *(pl.col(name) / pl.col("_units") for name in prices), volume_base=pl.col("volume_base") * pl.col("_units")
    ).drop("at", "_units")


def _day_where_it_matters() -> pl.Expr:
    base = pl.col("symbol").str.extract(r"^([A-Za-z0-9]+)", 1).str.to_uppercase()
    return pl.when(base.is_in(list(changing_codes()))).then(pl.col("event_ts").dt.truncate("1d"))


def _units(symbol: str, exchange: str, at: datetime | None) -> float:
    pair = split_pair(symbol)
    return coin_of(pair[0], exchange, at).units if pair else 1.0
