"""Files of candles, funding, supply and asset metrics as rows of core."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from domain.timeframes import SECONDS
from pipelines.settings.sources import FileTable
from pipelines.sources.files.moments import Typed, _day_end, _keep, _moment
from warehouse.schema.market import ASSET_METRICS, CANDLES, FUNDING, SUPPLY


def _candles(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    opened = _moment(frame, "ts", name)
    seconds = pl.col("timeframe").replace_strict(SECONDS, default=None, return_dtype=pl.Int64)
    pair = pl.col("symbol").str.splitn(":", 2).struct.field("field_0").str.splitn("/", 2)
    yield Typed(
        CANDLES,
        frame.select(
            "exchange", "symbol", "timeframe", event_ts=_keep(opened, "ts", frame),
            available_ts=(opened + pl.duration(seconds=seconds)).fill_null(opened),
            asset=pair.struct.field("field_0"), quote=pair.struct.field("field_1"),
            open_quote="open", high_quote="high", low_quote="low", close_quote="close", volume_base="volume",
        ),
        f"files:{name}",
    )  # fmt: skip


def _funding(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    settled = _moment(frame, "ts", name)
    base = pl.col("symbol").str.splitn("/", 2).struct.field("field_0").str.replace(r"^1000", "")
    shaped = frame.select(
        "exchange", "symbol", "funding_rate", asset=base, event_ts=_keep(settled, "ts", frame), available_ts=settled
    )
    yield Typed(FUNDING, shaped, f"files:{name}")


def _by_vendor(frame: pl.DataFrame, name: str) -> Iterator[tuple[str, pl.DataFrame]]:
    named = frame.with_columns(pl.col("source").fill_null(f"files:{name}"))
    for (vendor,), part in named.group_by("source", maintain_order=True):
        yield str(vendor), part.drop("source")


def _supply(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    end = _day_end(frame, "date", name)
    shaped = frame.select(
        "source", coin="asset", chain=pl.col("chain").fill_null("all"), event_ts=end,
        available_ts=end + timedelta(hours=table.lag_h),
        supply_units="supply", price_usd="price_usd", market_cap_usd="market_cap_usd",
    )  # fmt: skip
    for vendor, part in _by_vendor(shaped, name):
        yield Typed(SUPPLY, part, vendor)


def _metrics(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    end = _day_end(frame, "date", name)
    wide = frame.select(
        "source", "asset", "price_usd", "market_cap_usd", event_ts=end,
        available_ts=end + timedelta(hours=table.lag_h), supply_units="supply",
    )  # fmt: skip
    long = wide.unpivot(
        ["price_usd", "market_cap_usd", "supply_units"],
        index=["source", "asset", "event_ts", "available_ts"],
        variable_name="metric",
    ).filter(pl.col("value").is_not_null())
    for vendor, part in _by_vendor(long, name):
        yield Typed(ASSET_METRICS, part.sort("asset", "metric", "event_ts"), vendor)
