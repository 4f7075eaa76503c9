"""Moments and days in the columns of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from domain.stamp_columns import read_stamps
from pipelines.sources.errors import SourceError
from warehouse.conform import no_refusals
from warehouse.schema.entity import Entity


@dataclass(frozen=True)
class Typed:
    """Rows of an entity from one vendor."""

    entity: Entity
    frame: pl.DataFrame
    source: str
    refused: pl.DataFrame = field(default_factory=no_refusals)
    left_out: Mapping[str, int] = field(default_factory=dict)
    rows_per_record: int = 1  # 0: made from the rows of another entity, not read


def with_moments(frame: pl.DataFrame, column: str, name: str, *, exact: bool = False) -> pl.DataFrame:
    """`frame` with `_{column}`, its moments in UTC (null where unreadable), and `_{column}_precision`.

    A day is its beginning; with `exact`, a day beside which a clock was not understood is none. SourceError, naming
    column, row and value, where a clock names no zone, or where no value at all is a moment.
    """
    read = read_stamps(frame[column])
    if exact:
        read = read.with_columns(moment=pl.when(~pl.col("is_partial")).then("moment"))
    given = frame[column].is_not_null()
    naive = (read["moment"].is_not_null() & ~read["is_zoned"] & (read["precision"] != "day")).arg_true()
    if len(naive):
        row = int(naive[0])
        raise SourceError(
            f"{name}: {column} of row {row + 1} is {str(frame[column][row])!r}, a time without a zone, so its moment "
            "is unknown; write UTC as 2024-01-01T00:00:00Z"
        )
    if given.any() and read["moment"].is_null().all():
        value = frame[column].drop_nulls()[0]
        raise SourceError(
            f"{name}: {column} holds no moment that can be read in one way (row {int(given.arg_true()[0]) + 1}: "
            f"{str(value)!r}); write UTC as 2024-01-01T00:00:00Z"
        )
    return frame.with_columns(read["moment"].alias(f"_{column}"), read["precision"].alias(f"_{column}_precision"))


def end_of_day(frame: pl.DataFrame, column: str, name: str) -> pl.Expr:
    """End of the UTC day that the column names: a date, or its midnight."""
    read = read_stamps(frame[column])
    is_day = ((read["precision"] == "day") & ~read["is_partial"]) | read["moment"].is_null()
    if not is_day.all():
        row = int((~is_day).arg_true()[0])
        raise SourceError(
            f"{name}: {column} of row {row + 1} is {str(frame[column][row])!r}; expected a date (2024-01-31)"
        )
    return pl.lit(read["moment"]) + pl.duration(days=1)


def day_or_text(column: str, frame: pl.DataFrame, end: pl.Expr) -> pl.Expr:
    """The end of a day of `end_of_day`, or the text itself where it could not be read: quarantine shows it."""
    if not frame.select((end.is_null() & pl.col(column).is_not_null()).any()).item():
        return end
    return pl.coalesce(end.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"), pl.col(column).cast(pl.String))


def moment_or_text(column: str, frame: pl.DataFrame) -> pl.Expr:
    """The parsed moment of `with_moments`, or the text itself where it could not be read: quarantine shows it."""
    moment = pl.col(f"_{column}")
    if frame[f"_{column}"].null_count() == frame[column].null_count():
        return moment
    return pl.coalesce(moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"), pl.col(column).cast(pl.String))
