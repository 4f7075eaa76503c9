"""Frames as text and files: tables, lines, Markdown, JSON, and CSV that no spreadsheet takes for formulas."""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

import polars as pl

from dashboards.wording import printable
from domain.files import appears_whole

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
BATCH_ROWS = 50_000  # of a part
ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")
SHOWN_TEXT = 80


def reworded(frame: pl.DataFrame, columns: Iterable[str], how: Callable[[str], str]) -> pl.DataFrame:
    """Texts of some columns through a function.

    Not by `map_elements`: polars would call Python from its own threads, which wait for each other for ever where
    several sessions draw at once.
    """
    told = {c: [None if v is None else how(v) for v in frame[c].to_list()] for c in columns}
    return frame.with_columns(pl.Series(c, values, dtype=pl.String) for c, values in told.items())


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts and names of columns that a spreadsheet would take for a formula begin with an apostrophe."""
    words = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    texts = [name for name, kind in words.schema.items() if kind == pl.String]
    guarded = words.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA)).then(pl.format("'{}", name)).otherwise(name).alias(name)
        for name in texts
    )
    return guarded.rename({name: f"'{name}" for name in guarded.columns if re.match(FORMULA, name)})


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists, structs and bytes as JSON or hexadecimal text, for formats that hold none."""
    out = [
        pl.col(name).bin.encode("hex") if kind == pl.Binary else pl.Series(name, _as_json(frame[name]))
        for name, kind in frame.schema.items()
        if kind.is_nested() or kind == pl.Binary
    ]
    return frame.with_columns(out)


def without_bytes(frame: pl.DataFrame) -> pl.DataFrame:
    """Bytes as hexadecimal text, for JSON."""
    return frame.with_columns(pl.col(pl.Binary).bin.encode("hex"))


def _as_json(column: pl.Series) -> list[str | None]:
    return [None if v is None else json.dumps(v, default=str, ensure_ascii=False) for v in column.to_list()]


def as_csv(frame: pl.DataFrame, *, header: bool = True, raw: bool = False) -> str:
    """CSV; texts that look like formulas are made harmless unless `raw`."""
    plain = flat(frame)
    return (plain if raw else harmless(plain)).write_csv(include_header=header)


def print_csv(parts: Iterator[pl.DataFrame], out: TextIO, *, raw: bool = False) -> int:
    """Write parts of a frame as CSV; the number of rows."""
    rows = 0
    for number, part in enumerate(parts):
        out.write(as_csv(part, header=number == 0, raw=raw))
        rows += len(part)
    return rows


def print_json(parts: Iterator[pl.DataFrame], out: TextIO) -> int:
    """Write parts of a frame as one JSON array of objects; the number of rows."""
    rows = 0
    out.write("[")
    for part in parts:
        text = without_bytes(part).write_json()[1:-1] if len(part) else ""
        out.write(("," if rows and text else "") + text)
        rows += len(part)
    out.write("]\n")
    return rows


def table(frame: pl.DataFrame, *, markdown: bool = False) -> str:
    """A table for the terminal, or in Markdown; texts lose what a terminal would act on."""
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=SHOWN_TEXT, tbl_width_chars=max(200, _width()),
        tbl_hide_dataframe_shape=True, fmt_table_cell_list_len=8, fmt_float="mixed",
        tbl_formatting="MARKDOWN" if markdown else None, tbl_hide_column_data_types=markdown,
    ):  # fmt: skip
        return str(_safe(frame))


def lines(frame: pl.DataFrame) -> str:
    """Each row as lines of `column  value`, for tables too wide to read."""
    width = max((len(name) for name in frame.columns), default=0)
    blocks = []
    for number, row in enumerate(_safe(frame).to_dicts(), 1):
        told = [f"{name:<{width}}  {'—' if value is None else value}" for name, value in row.items()]
        blocks.append("\n".join([f"── row {number}", *told]))
    return "\n".join(blocks)


def is_wide(frame: pl.DataFrame) -> bool:
    """Whether a table of the frame is wider than the terminal, told by its first rows."""
    return max(map(len, table(frame.head(20)).splitlines()), default=0) > _width()


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def _safe(frame: pl.DataFrame) -> pl.DataFrame:
    return reworded(frame, [c for c, k in frame.schema.items() if k == pl.String], printable)


def write_parts(parts: Iterator[pl.DataFrame], path: Path, *, raw: bool = False) -> int:
    """Write parts of a frame to a .parquet, .csv or .jsonl file that appears whole or not at all; the number of rows.

    ValueError for another ending.
    """
    check_ending(path)
    with appears_whole(path) as partial:
        if path.suffix.lower() == ".parquet":
            return _write_parquet(parts, partial)
        with partial.open("w", encoding="utf-8", newline="") as out:
            return print_csv(parts, out, raw=raw) if path.suffix.lower() == ".csv" else _write_lines(parts, out)


def _write_parquet(parts: Iterator[pl.DataFrame], path: Path) -> int:
    import pyarrow.parquet as pq

    first = next(parts).to_arrow()
    rows = first.num_rows
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part.to_arrow().cast(first.schema))
            rows += len(part)
    return rows


def _write_lines(parts: Iterator[pl.DataFrame], out: TextIO) -> int:
    rows = 0
    for part in parts:
        out.write(without_bytes(part).write_ndjson())
        rows += len(part)
    return rows


def check_ending(path: Path) -> None:
    """ValueError where a file of this ending is not written: to be called before long work."""
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"{path.name}: {path.suffix or 'no'} ending; expected {', '.join(ENDINGS)}")


PRINTERS: dict[str, Callable[[Iterator[pl.DataFrame], TextIO], int]] = {"csv": print_csv, "json": print_json}
