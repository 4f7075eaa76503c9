"""Read what tapewire has published, from Python, with any DuckDB from 1.2 on.

    from tapewire_client import open_published

    with open_published("var/simulated") as tape:
        tape.marts()                                   # what there is
        tape.describe("ssr_daily")                     # its columns
        tape.mart("ssr_daily", since="2024-01-01")     # a polars frame
        tape.sql("FROM marts.candles WHERE asset = $asset", asset="BTC").pandas()
        tape.as_of("candles", "2024-06-01T00:00:00Z")  # as it was known then

It needs DuckDB, and polars or pandas for frames; nothing else of tapewire. An opened warehouse stays on the version
that it was opened on, and never blocks a night; `refresh()` goes on to the newest one.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from types import TracebackType

    import pandas
    import polars

__all__ = ["NotPublishedError", "Published", "Result", "open_published"]

FILE = "tapewire.duckdb"
NAME = re.compile(r"[a-z_][a-z0-9_]*")
MOMENTS = ("day", "event_ts", "origin_ts", "available_ts")


class NotPublishedError(FileNotFoundError):
    """There is no published warehouse at the path."""


class Result:
    """The rows of a query, read when they are asked for as frames."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self.relation = relation

    def polars(self) -> polars.DataFrame:
        """The rows as a polars frame."""
        return self.relation.pl()

    def pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame; times are aware, UTC."""
        return self.relation.df()

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as tuples."""
        return self.relation.fetchall()

    def __repr__(self) -> str:
        return repr(self.relation)


class Published:
    """An open published warehouse; a context manager. Made by `open_published`."""

    def __init__(self, path: Path, *, threads: int, memory_gb: float) -> None:
        self.path, self._threads, self._memory_gb = path, threads, memory_gb
        self.con = self._connect()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not self.path.exists():
            raise NotPublishedError(f"no published warehouse at {self.path}: run `tapewire nightly` first")
        con = duckdb.connect(str(self.path.resolve()), read_only=True)
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"SET threads = {int(self._threads)}")
        con.execute(f"SET memory_limit = '{float(self._memory_gb)}GB'")
        return con

    def __enter__(self) -> Published:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.con.close()

    def refresh(self) -> None:
        """Go on to the newest published version."""
        new = self._connect()
        self.con.close()
        self.con = new

    @property
    def version(self) -> str:
        """Name of the version that is open: moment of publishing (UTC) and process."""
        return Path(
            self.con.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[0][0]
        ).parent.name

    def sql(self, query: str, **params: Any) -> Result:
        """The answer to a query; $name in it takes the value of the parameter `name`."""
        relation = self.con.sql(query, params=params or None)
        if relation is None:
            raise ValueError("the statement gives no rows")
        return Result(relation)

    def marts(self) -> polars.DataFrame:
        """Every mart: what it holds, what a row is, how many rows, the newest moment in it."""
        return self.sql("FROM marts.catalog ORDER BY mart").polars()

    def describe(self, mart: str) -> polars.DataFrame:
        """Columns of a mart: name, type, what it means."""
        self._check(mart)
        query = (
            "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'marts' "
            "AND table_name = $mart ORDER BY column_index"
        )
        return self.sql(query, mart=mart).polars()

    def mart(
        self,
        name: str,
        *,
        since: str | date | datetime | None = None,
        until: str | date | datetime | None = None,
        **equal: Any,
    ) -> polars.DataFrame:
        """Rows of a mart, whole or from `since` on and before `until` (by its day, else the moment it speaks of).

        mart("candles", since="2024-01-01", asset="BTC", timeframe="1h"). ValueError for an unknown mart or column.
        """
        return self._rows(name, since, until, equal).pl()

    def pandas(
        self,
        name: str,
        *,
        since: str | date | datetime | None = None,
        until: str | date | datetime | None = None,
        **equal: Any,
    ) -> pandas.DataFrame:
        """The same as `mart`, as a pandas frame."""
        return self._rows(name, since, until, equal).df()

    def as_of(self, table: str, ts: str | datetime) -> polars.DataFrame:
        """Rows of a table of `core` as known at a moment: the newest version of each that was available then."""
        if not NAME.fullmatch(table):
            raise ValueError(f"{table!r} is no table")
        return self.sql(f"FROM core.{table}_as_of($ts)", ts=_moment(ts)).polars()

    def _check(self, mart: str) -> None:
        known = [row[0] for row in self.sql("SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts'").rows()]
        if mart not in known:
            raise ValueError(f"no mart {mart!r}; there are {', '.join(sorted(known))}")

    def _rows(self, name: str, since: Any, until: Any, equal: dict[str, Any]) -> duckdb.DuckDBPyRelation:
        self._check(name)
        rows = self.con.sql(f"FROM marts.{name}")  # one of the names that the catalogue gave
        for column, value in equal.items():
            if column not in rows.columns:
                raise ValueError(f"{name} has no column {column!r}; it has {', '.join(rows.columns)}")
            rows = rows.filter(duckdb.ColumnExpression(column) == duckdb.ConstantExpression(value))
        if since is None and until is None:
            return rows
        moment = next((c for c in MOMENTS if c in rows.columns), None)
        if moment is None:
            raise ValueError(f"{name} has neither a moment nor a day to choose by")
        when = duckdb.ColumnExpression(moment).cast("TIMESTAMPTZ")
        if since is not None:
            rows = rows.filter(when >= duckdb.ConstantExpression(_moment(since)))
        if until is not None:
            rows = rows.filter(when < duckdb.ConstantExpression(_moment(until)))
        return rows


def open_published(where: str | Path = "var/simulated", *, threads: int = 2, memory_gb: float = 4.0) -> Published:
    """Open the published warehouse of a profile's folder (var/simulated), of a `published` folder, or a file itself.

    NotPublishedError where nothing was published there.
    """
    path = Path(where)
    for candidate in (path, path / FILE, path / "published" / FILE):
        if candidate.is_file():
            return Published(candidate, threads=threads, memory_gb=memory_gb)
    looked = path / "published" / FILE if path.suffix != ".duckdb" else path
    raise NotPublishedError(f"no published warehouse at {looked}: run `tapewire nightly` first")


def _moment(given: str | date | datetime) -> datetime:
    """A moment with its zone; without one it is UTC."""
    if isinstance(given, str):
        given = datetime.fromisoformat(given.replace("Z", "+00:00"))
    elif not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    return given if given.tzinfo else given.replace(tzinfo=UTC)
