"""Stage: what each signal says, and what followed it in the past."""

from datetime import timedelta

import duckdb
import polars as pl

from domain.names import DEFAULT, REFERENCE
from models.signals.record import outcomes, records
from models.signals.values import Inputs, signal_values
from pipelines.run import Run
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.features import SIGNAL_RECORD, SIGNAL_VALUES
from warehouse.write import WriteResult, write

KEPT = timedelta(days=400)  # of values; records are of the whole history


def signals(con: duckdb.DuckDBPyConnection, run: Run) -> list[WriteResult]:
    """Compute and write the signals' values and records, as of the run's moment. Features must have been derived."""
    daily = read.read(con, "features.asset_daily")
    names = ("ssr_daily", "fund_premium", "funding_hourly", "news_hourly", "document_authorship")
    given = {name: _known(read.read(con, f"features.{name}"), run) for name in names}
    widths = read.band_widths(con, run.as_of, DEFAULT, REFERENCE)
    values = signal_values(Inputs(asset_daily=daily, widths=widths, **given))
    told = records(values, outcomes(daily, read.day_end_sigma(con)))
    newest = values.filter(pl.col("event_ts") > run.as_of - KEPT, pl.col("event_ts") <= run.as_of)
    batch = run.batch("signals")
    with transaction(con):
        return [
            write(con, SIGNAL_VALUES, newest.with_columns(available_ts="event_ts"), batch, replace=True),
            write(con, SIGNAL_RECORD, told, batch, replace=True),
        ]


def _known(frame: pl.DataFrame, run: Run) -> pl.DataFrame:
    return frame.filter(pl.col("available_ts") <= run.as_of)
