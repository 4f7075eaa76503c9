"""Files of listed funds as rows of core."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from pipelines.settings.sources import FileTable
from pipelines.sources.files.market import by_code, by_vendor
from pipelines.sources.files.moments import Typed, day_or_text, end_of_day
from pipelines.sources.tickers import with_canonical
from warehouse.schema.market import FUNDS


def fund_rows(frame: pl.DataFrame, table: FileTable, name: str) -> Iterator[Typed]:
    """Rows of core.funds, one frame per vendor; the asset is canonical, `date` is the day of the session."""
    end = end_of_day(frame, "date", name)
    named = by_code(frame.with_columns(pl.col("source").fill_null(f"files:{name}")))
    shaped = with_canonical(named.with_columns(_end=end), "asset", "source", at="_end").select(
        "source", "asset", "share_price_usd", "units_per_share", fund=pl.col("fund").str.to_uppercase(),
        event_ts=day_or_text("date", frame, end), available_ts=end + timedelta(hours=table.lag_h),
        premium_stated="premium",
    )  # fmt: skip
    for vendor, part in by_vendor(shaped, name):
        yield Typed(FUNDS, part, vendor)
