"""Open a warehouse, to read or to write: UTC everywhere, one writer, limits on memory and threads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


class WarehouseBusyError(RuntimeError):
    """Another process holds the warehouse."""


class WarehouseMissingError(FileNotFoundError):
    """There is no warehouse at the path."""


def _configure(con: duckdb.DuckDBPyConnection, threads: int, memory_gb: float) -> None:
    con.execute("SET GLOBAL TimeZone = 'UTC'")  # of every cursor, too
    con.execute("SET threads = $n", {"n": threads})
    con.execute("SET memory_limit = $limit", {"limit": f"{memory_gb}GB"})
    con.execute("SET enable_progress_bar = false")


def open_writer(
    path: Path, *, threads: int = 2, memory_gb: float = 4.0, wait_s: float = 0.0
) -> duckdb.DuckDBPyConnection:
    """Open the warehouse at `path` to write, creating it where there is none.

    Raises WarehouseBusyError where another process has it open and does not let go within `wait_s`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + wait_s
    while True:
        try:
            con = duckdb.connect(str(path))
            break
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= give_up:
                raise WarehouseBusyError(
                    f"{path} is open in another process, so it cannot be written. Wait for the other run to end; "
                    "to read, use the published warehouse, which is never locked."
                ) from error
            time.sleep(0.5)
    _configure(con, threads, memory_gb)
    return con


def open_reader(path: Path, *, threads: int = 2, memory_gb: float = 4.0) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse at `path` (the stable path) read-only, with nothing outside it in reach.

    The link is resolved first, so that the connection stays on the version it started with.
    Raises WarehouseMissingError where nothing was published yet.
    """
    if not path.exists():
        raise WarehouseMissingError(f"no published warehouse at {path}: run `tapewire nightly` first")
    con = duckdb.connect(str(path.resolve()), read_only=True)
    _configure(con, threads, memory_gb)
    con.execute("SET temp_directory = ''")  # what does not fit into memory is an error, not a file left behind
    con.execute("SET python_enable_replacements = false")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def open_for_export(path: Path, *, threads: int = 2, memory_gb: float = 4.0) -> duckdb.DuckDBPyConnection:
    """Open a published warehouse read-only to write its marts to files: for our own statements, never for a user's.

    Raises WarehouseMissingError where nothing was published yet.
    """
    if not path.exists():
        raise WarehouseMissingError(f"no published warehouse at {path}: run `tapewire nightly` first")
    con = duckdb.connect(str(path.resolve()), read_only=True)
    _configure(con, threads, memory_gb)
    return con


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything inside, or nothing."""
    con.execute("BEGIN")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
