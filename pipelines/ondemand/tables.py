"""Reading and writing a user's tables by the ending of the file; a file appears whole or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import polars as pl

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".ndjson": pl.read_ndjson,
}  # fmt: skip
WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".parquet": pl.DataFrame.write_parquet,
    ".csv": pl.DataFrame.write_csv,
    ".jsonl": pl.DataFrame.write_ndjson,
    ".ndjson": pl.DataFrame.write_ndjson,
}


class TextTableError(ValueError):
    """A file is no table of texts."""


Way = TypeVar("Way")


def by_ending(path: Path, ways: dict[str, Way]) -> Way:
    """How a file of this ending is read or written. TextTableError for another ending."""
    if path.suffix.lower() not in ways:
        raise TextTableError(f"{path.name}: {path.suffix or 'no'} ending; expected {', '.join(ways)}")
    return ways[path.suffix.lower()]


def write_atomically(frame: pl.DataFrame, path: Path) -> None:
    """Parquet, CSV or JSON lines by the ending of `path`, that appears whole or not at all."""
    writer = by_ending(path, WRITERS)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    writer(frame, partial)
    partial.replace(path)
