"""Reading and writing a user's tables, by the ending of the file. Text stays text: who reads a column types it."""

import logging
from collections.abc import Callable
from pathlib import Path

import polars as pl

from domain.cells import first_unread, read_numbers, without_marks
from domain.files import appears_whole
from pipelines.sources.errors import SourceError
from pipelines.sources.files.records import TextPage, read_csv, read_json_lines

log = logging.getLogger("tapewire.tables")
ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")
MAX_RECORD = 64 << 20
WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".parquet": pl.DataFrame.write_parquet,
    ".csv": pl.DataFrame.write_csv,
    ".jsonl": pl.DataFrame.write_ndjson,
    ".ndjson": pl.DataFrame.write_ndjson,
}


class TableError(ValueError):
    """A user's table cannot be read or written, or is not what was asked for."""


def read_table(path: Path, endings: tuple[str, ...] = ENDINGS) -> pl.DataFrame:
    """The table of a file: columns of text from CSV and JSON lines, of the file's types from Parquet; marks of missing
    values are null.

    TableError for an unknown ending, for a file that cannot be read, and for a record that is none.
    """
    check_ending(path, endings)
    try:
        if path.suffix.lower() == ".parquet":
            return without_marks(_plain(pl.read_parquet(path), path))
        reader = read_csv if path.suffix.lower() == ".csv" else read_json_lines
        return _together(list(reader(path, MAX_RECORD)), path)
    except SourceError as error:
        raise TableError(str(error)) from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error


def _plain(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The frame with categories as text. TableError where a column holds lists, structs or lengths of time."""
    for name, dtype in frame.schema.items():
        if dtype.is_nested() or dtype in (pl.Duration, pl.Time, pl.Binary, pl.Object):
            raise TableError(f"{path.name}: column {name} holds {dtype}; expected text, numbers, dates or truths")
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def _together(pages: list[TextPage], path: Path) -> pl.DataFrame:
    for reason, payload in (refused for page in pages for refused in page.refused):
        raise TableError(f"{path.name}: a record cannot be read ({reason}): {payload!r}")
    if not pages:
        raise TableError(f"{path.name} has no rows")
    return without_marks(pl.concat([page.frame for page in pages], how="diagonal"))


def once(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Each row once, in order; rows that are copies of another in every column are logged."""
    kept = frame.unique(maintain_order=True)
    if len(kept) < len(frame):
        log.warning("%s: %d rows are copies of others: each is counted once", path.name, len(frame) - len(kept))
    return kept


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Parquet, CSV or JSON lines by the ending of `path`, that appears whole or not at all."""
    check_ending(path)
    with appears_whole(path) as partial_path:
        WRITERS[path.suffix.lower()](frame, partial_path)


def check_ending(path: Path, endings: tuple[str, ...] = ENDINGS) -> None:
    """TableError where a file of this ending is neither read nor written: to be called before long work."""
    if path.suffix.lower() not in endings:
        raise TableError(f"{path.name}: {path.suffix or 'no'} ending; expected {', '.join(endings)}")


def need_columns(frame: pl.DataFrame, names: tuple[str, ...], path: Path) -> None:
    """TableError that names the columns which a table lacks, and those which it has."""
    lacking = [name for name in names if name not in frame.columns]
    if lacking:
        raise TableError(f"{path.name} lacks {', '.join(lacking)}; it has {', '.join(frame.columns)}")


def numbers(frame: pl.DataFrame, name: str, path: Path) -> pl.Series:
    """A column as numbers, missing cells kept missing. TableError that names column, row and value otherwise."""
    read = read_numbers(frame[name])
    check_read(frame, name, read, path, "a number such as 42100.5")
    return read


def check_read(frame: pl.DataFrame, name: str, read: pl.Series, path: Path, expected: str) -> None:
    """TableError that names column, row and value where a value of column `name` is there but was not read."""
    unread = first_unread(frame[name], read)
    if unread:
        raise TableError(f"{path.name}: {name} of row {unread[0]} is {unread[1]!r}; expected {expected}")
