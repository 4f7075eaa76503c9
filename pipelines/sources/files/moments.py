"""Moments and days in the columns of a file."""

import re
from dataclasses import dataclass, field

import polars as pl

from pipelines.sources.errors import SourceError
from warehouse.conform import no_refusals
from warehouse.schema.entity import Entity

_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True)
class Typed:
    """Rows of an entity from one vendor."""

    entity: Entity
    frame: pl.DataFrame
    source: str
    refused: pl.DataFrame = field(default_factory=no_refusals)


def moments_of(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    """The column as UTC moments, unreadable ones null. SourceError where times have no zone or are no times."""
    dtype = frame.schema[column]
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is None:
            raise SourceError(
                f"{name}: {column} has no time zone, so its moments are unknown; write UTC times with zone"
            )
        return pl.col(column).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if isinstance(dtype, pl.String):
        zoned = frame[column].drop_nulls().str.strip_chars()
        naive = zoned.filter(zoned.str.contains(r"\d{2}:\d{2}") & ~zoned.str.contains(_ZONE.pattern))
        if len(naive):
            raise SourceError(
                f"{name}: {column} has times without a zone ({naive[0]!r}); write UTC as 2024-01-01T00:00:00Z"
            )
        text = pl.col(column).str.strip_chars().str.replace(r"Z$", "+00:00").str.replace(" ", "T")
        text = text.str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
        return pl.coalesce(
            text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False),
            text.str.to_datetime("%Y-%m-%dT%H:%M%:z", time_unit="us", strict=False),
        )
    raise SourceError(
        f"{name}: {column} is {dtype}, expected times in UTC (a datetime or text like 2024-01-01T00:00:00Z)"
    )


def end_of_day(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    """End of the UTC day that the column names."""
    dtype = frame.schema[column]
    if isinstance(dtype, pl.Date):
        day = pl.col(column)
    elif isinstance(dtype, pl.String):
        day = pl.col(column).str.to_date("%Y-%m-%d", strict=False)
    else:
        raise SourceError(f"{name}: {column} is {dtype}, expected a date (2024-01-31)")
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(days=1)


def moment_or_text(typed: pl.Expr, column: str, frame: pl.DataFrame) -> pl.Expr:
    """The parsed moment, or the text itself where it could not be read, so that quarantine shows it."""
    if not isinstance(frame.schema[column], pl.String):
        return typed
    return pl.coalesce(typed.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"), pl.col(column))
