"""Marts of the published warehouse as files for other engines. Each appears whole or not at all."""

import difflib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dashboards.files.written import BATCH_ROWS, write_parts
from warehouse.connect import open_for_export
from warehouse.publish import PARQUET_OPTIONS, mart_names
from warehouse.template import ident, literal, render


class ExportError(ValueError):
    """What was asked for cannot be exported."""


@dataclass(frozen=True)
class Exported:
    """A mart that was written: its file or folder, and its rows."""

    mart: str
    path: Path
    n_rows: int


def export_marts(
    published: Path, folder: Path, form: str, marts: list[str], partition_by: str | None, *, raw: bool = False
) -> Iterator[Exported]:
    """Write marts (all where none is named) into `folder` as parquet, csv, jsonl or delta; what was there is replaced.

    ExportError for an unknown mart, a column to partition by that no mart has, and Delta without its library.
    """
    if form == "delta":
        _need_deltalake()
    with closing(open_for_export(published)) as con:
        columns = {mart: con.table(f"marts.{mart}").columns for mart in _wanted(con, marts)}
        lacking = [mart for mart, names in columns.items() if partition_by and partition_by not in names]
        if lacking and (marts or len(lacking) == len(columns)):
            there = ", ".join(columns[lacking[0]])
            raise ExportError(f"{lacking[0]} has no column {partition_by!r}; it has {there}")
        for mart in columns:
            yield _export(con, mart, folder, form, None if mart in lacking else partition_by, raw=raw)


def _wanted(con: duckdb.DuckDBPyConnection, marts: list[str]) -> list[str]:
    known = mart_names(con)
    for name in marts:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ExportError(f"no mart {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return marts or known


def _export(
    con: duckdb.DuckDBPyConnection, mart: str, folder: Path, form: str, partition_by: str | None, *, raw: bool
) -> Exported:
    rows = con.table(f"marts.{mart}").count("*").fetchall()[0][0]
    path = folder / (mart if form == "delta" or partition_by else f"{mart}.{form}")
    with _replaces(path) as target:
        if form == "delta":
            import deltalake

            reader = con.table(f"marts.{mart}").to_arrow_reader(BATCH_ROWS)
            deltalake.write_deltalake(target, reader, partition_by=[partition_by] if partition_by else None)
        elif form == "parquet":
            part = {"column": ident(partition_by)} if partition_by else {}
            con.execute(render(
                "copy_partitioned" if partition_by else "copy_mart", mart=f"marts.{ident(mart)}",
                target=literal(str(target)), options=PARQUET_OPTIONS, **part,
            ))  # fmt: skip
        elif partition_by:
            _write_split(con, mart, target, form, partition_by, raw=raw)
        else:
            write_parts(_parts(con.table(f"marts.{mart}")), target, raw=raw)
    return Exported(mart, path, rows)


def _parts(relation: duckdb.DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    reader = relation.to_arrow_reader(BATCH_ROWS)
    yield pl.DataFrame(pl.from_arrow(reader.schema.empty_table()))
    for batch in reader:
        yield pl.DataFrame(pl.from_arrow(batch))


def _write_split(con: duckdb.DuckDBPyConnection, mart: str, folder: Path, form: str, column: str, *, raw: bool) -> None:
    """A file per value of a column, in folders `column=value`."""
    folder.mkdir(parents=True)  # of a mart without rows, too
    whole = con.table(f"marts.{mart}")
    name = duckdb.ColumnExpression(column)
    for (value,) in whole.select(name).distinct().fetchall():
        chosen = whole.filter(name.isnull() if value is None else name == duckdb.ConstantExpression(value))
        part = folder / f"{column}={_in_a_path(value)}"
        write_parts(_parts(chosen), part / f"data.{form}", raw=raw)


def _in_a_path(value: object) -> str:
    """A value as the name of a folder, as DuckDB and Hive write it."""
    from urllib.parse import quote

    return "__HIVE_DEFAULT_PARTITION__" if value is None else quote(str(value), safe=" ")


@contextmanager
def _replaces(path: Path) -> Iterator[Path]:
    """A path beside `path` to write a file or folder to, which takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial.{path.name}")
    _remove(partial)
    try:
        yield partial
        _remove(path)
        partial.replace(path)
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _need_deltalake() -> None:
    import importlib.util

    if importlib.util.find_spec("deltalake") is None:
        raise ExportError("Delta tables need the library deltalake: pip install 'tapewire[delta]'")
