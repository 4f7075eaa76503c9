"""The column of moments of a user's table."""

from pathlib import Path

import polars as pl

from domain.stamp_columns import read_stamps
from pipelines.ondemand.tables import TableError, check_read


def first_of(frame: pl.DataFrame, names: tuple[str, ...], path: Path, what: str) -> str:
    for name in names:
        if name in frame.columns:
            return name
    raise TableError(
        f"{path.name} has no column for {what}; expected one of {', '.join(names)}, it has {', '.join(frame.columns)}"
    )


def stamps_of(frame: pl.DataFrame, name: str, path: Path) -> pl.DataFrame:
    """A column of moments as `domain.stamp_columns` reads it; each value is understood, and all name a zone or none."""
    read = read_stamps(frame[name])
    check_read(frame, name, read["moment"], path, "a moment that can be read in one way, such as 2024-06-01T13:30:00Z")
    if read["moment"].is_null().any():
        row = int(read["moment"].is_null().arg_true()[0])
        raise TableError(
            f"{path.name}: {name} of row {row + 1} is empty; expected a moment such as 2024-06-01T13:30:00Z"
        )
    if read["is_partial"].any():
        row = int(read["is_partial"].arg_true()[0])
        raise TableError(
            f"{path.name}: {name} of row {row + 1} is {str(frame[name][row])!r}, of which only the day is understood; "
            "write it as 2024-06-01T13:30:00Z, or the day alone as 2024-06-01"
        )
    clocks = read.with_row_index("row", offset=1).filter(pl.col("precision") != "day")
    if clocks["is_zoned"].n_unique() > 1:
        row = int(clocks.filter(~pl.col("is_zoned"))["row"][0])
        raise TableError(
            f"{path.name}: {name} of row {row} ({frame[name][row - 1]}) names no time zone while others do; write all "
            "as 2024-06-01T13:30:00Z"
        )
    return read
