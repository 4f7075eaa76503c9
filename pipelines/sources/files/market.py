"""Files of candles, funding, supply and asset metrics as rows of core."""

import re
from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from domain.assets.codes import canonical, known_codes
from domain.assets.pairs import split_pair
from domain.timeframes import SECONDS
from features.daily.ssr import COIN_LISTS
from pipelines.settings.sources import FileTable
from pipelines.sources.files.moments import Typed, day_or_text, end_of_day, moment_or_text, with_moments
from pipelines.sources.named_assets import asset_named
from pipelines.sources.tickers import with_canonical
from warehouse.schema.market import ASSET_METRICS, CANDLES, FUNDING, SUPPLY

STABLECOINS = "|".join(sorted({coin for coins in COIN_LISTS.values() for coin in coins}))
METRICS = ("price_usd", "market_cap_usd", "supply_units")
CHAINS = "ETH|TRX|TRON|BSC|BNB|SOL|OMNI|AVAX|ALGO|EOS|MATIC|POLYGON|ARB|OP|BASE|TON|XLM|CELO|NEAR"
# USDT_TRX: what of a coin is on one chain, whatever the vendor calls the chain of a coin that is counted.
ON_CHAIN = rf"^((?:{STABLECOINS})[_-][A-Z0-9.]+|[A-Z0-9]{{2,10}}[_-](?:{CHAINS}))$"


def _with_asset(frame: pl.DataFrame, at: str) -> pl.DataFrame:
    """With `asset`, the canonical ticker of a symbol's base as its exchange writes it at the moments of column `at`,
    and `quote`; both are missing where the symbol names no pair.
    """
    symbols = frame["symbol"].unique().drop_nulls().to_list()
    pairs = [(symbol, *(split_pair(symbol) or (None, None))) for symbol in symbols]
    named = pl.DataFrame(pairs, schema={"symbol": pl.String, "_base": pl.String, "quote": pl.String}, orient="row")
    split = frame.join(named, on="symbol", how="left", maintain_order="left")
    return with_canonical(split, "_base", "exchange", at=at)


def candle_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.candles; the asset is canonical, as from an exchange."""
    frame = _with_asset(with_moments(frame, "ts", name, exact=True), "_ts")
    opened = pl.col("_ts")
    seconds = pl.col("timeframe").replace_strict(SECONDS, default=None, return_dtype=pl.Int64)
    yield Typed(
        CANDLES,
        frame.select(
            "exchange", "symbol", "timeframe", event_ts=moment_or_text("ts", frame),
            available_ts=(opened + pl.duration(seconds=seconds)).fill_null(opened),
            asset="asset", quote="quote",
            open_quote="open", high_quote="high", low_quote="low", close_quote="close", volume_base="volume",
        ),
        f"files:{name}",
    )  # fmt: skip


def funding_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.funding; the asset is canonical, as from an exchange."""
    frame = _with_asset(with_moments(frame, "ts", name, exact=True), "_ts")
    settled = pl.col("_ts")
    shaped = frame.select(
        "exchange",
        "symbol",
        "funding_rate",
        "interval_h",
        "asset",
        event_ts=moment_or_text("ts", frame),
        available_ts=settled,
    )
    yield Typed(FUNDING, shaped, f"files:{name}")


def by_vendor(frame: pl.DataFrame, name: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows of each source that a file names; the file itself where it names none."""
    named = frame.with_columns(pl.col("source").fill_null(f"files:{name}"))
    for (vendor,), part in named.group_by("source", maintain_order=True):
        yield str(vendor), part.drop("source")


def supply_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.supply, one frame per vendor."""
    end = end_of_day(frame, "date", name)
    written = pl.col("asset").str.to_uppercase()
    of_chain = pl.col("chain").is_null() & written.str.contains(ON_CHAIN)
    chain = pl.when(of_chain).then(written.str.extract(r"[_-](.+)$", 1))
    whole = pl.col("chain").is_null() | pl.col("chain").str.to_lowercase().is_in(["all", "total"])
    shaped = frame.select(
        "source",
        coin=pl.when(of_chain).then(written.str.extract(r"^([^_-]+)", 1)).otherwise(written),
        chain=chain.when(whole).then(pl.lit("all")).otherwise("chain"),
        event_ts=day_or_text("date", frame, end),
        available_ts=end + timedelta(hours=table.lag_h),
        supply_units="supply", price_usd=_known_price(frame), market_cap_usd="market_cap_usd",
    )  # fmt: skip
    for vendor, part in by_vendor(shaped, name):
        yield Typed(SUPPLY, part, vendor)


def _known_price(frame: pl.DataFrame) -> pl.Expr:
    """A price of 0 is how vendors write that they know none: the supply beside it counts."""
    price = pl.col("price_usd")
    return pl.when(price != 0).then(price) if frame["price_usd"].dtype.is_numeric() else price


def by_code(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with codes in the place of names and pairs in `asset` (bitcoin, BTC/USD); parts of a coin (USDT_ETH) and
    what nothing knows stay as they are.
    """
    written = [str(name) for name in frame["asset"].unique().drop_nulls()]
    strange = [name for name in written if canonical(name) not in known_codes() and not re.search("[_-]", name)]
    codes = {name: code for name in strange if (code := asset_named(name)) is not None}
    return frame.with_columns(pl.col("asset").cast(pl.String).replace(codes))


def metric_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.asset_metrics, one frame per vendor; the asset is canonical."""
    end = end_of_day(frame, "date", name)
    named = by_code(frame.with_columns(pl.col("source").fill_null(f"files:{name}")))
    wide = with_canonical(named.with_columns(_end=end), "asset", "source", at="_end").select(
        "source", "asset", "price_usd", "market_cap_usd", event_ts=day_or_text("date", frame, end),
        available_ts=end + timedelta(hours=table.lag_h), supply_units="supply",
    )  # fmt: skip
    cells = wide.unpivot(METRICS, index=["source", "asset", "event_ts", "available_ts"], variable_name="metric")
    long = cells.filter(pl.col("value").is_not_null())
    empty = {"cells without a figure": cells.height - long.height}
    for vendor, part in by_vendor(long, name):
        rows = part.sort("asset", "metric", "event_ts")
        yield Typed(ASSET_METRICS, rows, vendor, left_out=empty, rows_per_record=len(METRICS))
        empty = {}
