"""Reading and writing a user's tables, by the ending of the file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from domain.files import appears_whole

Reader = Callable[[Path], pl.DataFrame]
READERS: dict[str, Reader] = {
    ".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".ndjson": pl.read_ndjson,
}  # fmt: skip
STUDY_READERS: dict[str, Reader] = {
    ".parquet": pl.read_parquet,
    ".csv": partial(pl.read_csv, try_parse_dates=True, infer_schema_length=None),
}
WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".parquet": pl.DataFrame.write_parquet,
    ".csv": pl.DataFrame.write_csv,
    ".jsonl": pl.DataFrame.write_ndjson,
    ".ndjson": pl.DataFrame.write_ndjson,
}


class TableError(ValueError):
    """A user's table cannot be read or written, or is not what was asked for."""


def read_table(path: Path, readers: dict[str, Reader] = READERS) -> pl.DataFrame:
    """The table of a file. TableError for an unknown ending, and for a file that cannot be read."""
    check_ending(path, tuple(readers))
    try:
        return readers[path.suffix.lower()](path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Parquet, CSV or JSON lines by the ending of `path`, that appears whole or not at all."""
    check_ending(path)
    with appears_whole(path) as partial_path:
        WRITERS[path.suffix.lower()](frame, partial_path)


def check_ending(path: Path, endings: tuple[str, ...] = tuple(WRITERS)) -> None:
    """TableError where a file of this ending is neither read nor written: to be called before long work."""
    if path.suffix.lower() not in endings:
        raise TableError(f"{path.name}: {path.suffix or 'no'} ending; expected {', '.join(endings)}")


def need_columns(frame: pl.DataFrame, names: tuple[str, ...], path: Path) -> None:
    """TableError that names the columns which a table lacks, and those which it has."""
    lacking = [name for name in names if name not in frame.columns]
    if lacking:
        raise TableError(f"{path.name} lacks {', '.join(lacking)}; it has {', '.join(frame.columns)}")
