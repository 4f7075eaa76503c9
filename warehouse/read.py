"""As-of reads of core, for the stages of the night. Every frame holds only what was available at `as_of`."""

from datetime import datetime

import duckdb
import polars as pl

from warehouse.template import ident, render, table


def as_of(con: duckdb.DuckDBPyConnection, entity: str, ts: datetime) -> pl.DataFrame:
    """The newest version of each row of `entity` with `available_ts ≤ ts`."""
    return _pl(con, render("as_of", macro=f"core.{ident(entity + '_as_of')}"), {"ts": ts})


def first_versions(con: duckdb.DuckDBPyConnection, entity: str, ts: datetime) -> pl.DataFrame:
    """The first version of each row of `entity` that was available at `ts`: what models may have seen at the time."""
    return _pl(con, render("first_versions", table=table(f"core.{entity}_versions")), {"ts": ts})


def read(con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    """A whole table or view, named `schema.name`."""
    return _pl(con, render("read", table=table(name)), {})


def live_forecasts(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Rows of models.forecasts that nights made of their own present."""
    return _pl(con, render("live_forecasts"), {})


def band_widths(con: duckdb.DuckDBPyConnection, ts: datetime, default: str, reference: str) -> pl.DataFrame:
    """Width of the default's 90 % band for 24 hours ÷ the reference's (`ratio`), per asset and origin up to `ts`."""
    return _pl(con, render("band_widths"), {"ts": ts, "default": default, "reference": reference})


def day_end_sigma(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The reference walk's volatility (`ewma_vol_1h`, per √hour) per asset at the ends of UTC days (`event_ts`)."""
    return _pl(con, render("day_end_sigma"), {})


def market_stats(con: duckdb.DuckDBPyConnection, ts: datetime, quotes: tuple[str, ...]) -> pl.DataFrame:
    """First and last bar, traded bars and turnover of each market per timeframe, for `features.market_choice`."""
    return _pl(con, render("market_stats"), {"ts": ts, "quotes": list(quotes)})


def fingerprint(con: duckdb.DuckDBPyConnection, entity: str, ts: datetime) -> str:
    """A hash of what `as_of` would return, times of writing and run ids left out."""
    count, total = con.execute(
        render("fingerprint_as_of", macro=f"core.{ident(entity + '_as_of')}"), {"ts": ts}
    ).fetchall()[0]
    return f"{entity}:{count}:{total}"


def _pl(con: duckdb.DuckDBPyConnection, statement: str, params: dict[str, object]) -> pl.DataFrame:
    return con.sql(statement, params=params).pl()
