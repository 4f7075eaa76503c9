"""An open published warehouse."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from warehouse.connect import open_reader


class OpenWarehouse:
    """An open published warehouse; a context manager. It stays on the version that it was opened on."""

    def __init__(self, path: Path, threads: int = 2, memory_gb: float = 4.0) -> None:
        self.con = open_reader(path, threads=threads, memory_gb=memory_gb)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.con.close()

    def query(self, text: str, limit: int | None = None, **params: Any) -> pl.DataFrame:
        """The rows of a query, at most `limit`; duckdb.Error where it is wrong or not a query."""
        relation = self.con.sql(text, params=params or None)
        if relation is None:
            return pl.DataFrame()
        return (relation.limit(limit) if limit else relation).pl()

    def mart(self, name: str, limit: int | None = None) -> pl.DataFrame:
        """A mart, whole or its first rows."""
        rows = self.con.table(f"marts.{name}")
        return (rows if limit is None else rows.limit(limit)).pl()

    def columns_of(self, mart: str) -> pl.DataFrame:
        """Columns of a mart: name, type, what it means."""
        return self.query(
            "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'marts' "
            "AND table_name = $mart ORDER BY column_index",
            mart=mart,
        )
