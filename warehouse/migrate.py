"""Numbered `.sql` files, applied once each, in order, each in a transaction, recorded with a checksum.

Views and macros hold no data: they are created anew whenever their text has changed.
"""

import hashlib
from pathlib import Path

import duckdb

from warehouse.connect import transaction

HERE = Path(__file__).parent


class MigrationError(RuntimeError):
    """The warehouse and the migrations do not agree."""


def migrate(con: duckdb.DuckDBPyConnection, folder: Path = HERE / "migrations") -> list[str]:
    """Bring the warehouse up to date; the names of what was applied.

    Raises MigrationError where an applied file was edited afterwards, or the warehouse is newer than the code.
    """
    con.execute("CREATE SCHEMA IF NOT EXISTS ops")
    con.execute("CREATE TABLE IF NOT EXISTS ops.migrations (name VARCHAR, checksum VARCHAR, applied_ts TIMESTAMPTZ)")
    done = dict(con.execute("SELECT name, checksum FROM ops.migrations").fetchall())
    files = {f.stem: f.read_text(encoding="utf-8") for f in sorted(folder.glob("*.sql"))}
    _check(done, files)
    applied = []
    for name, text in files.items():
        if name not in done:
            _apply(con, name, text)
            applied.append(name)
    _refresh_definitions(con)
    return applied


def _check(done: dict[str, str], files: dict[str, str]) -> None:
    newer = sorted(n for n in done if n not in files and not n.startswith("definitions"))
    if newer:
        raise MigrationError(
            f"the warehouse has migration {newer[-1]!r}, which this version of tapewire does not know: update tapewire"
        )
    for name, text in files.items():
        if name in done and done[name] != _checksum(text):
            raise MigrationError(
                f"migration {name!r} was changed after it was applied: restore the file and add a new one"
            )


def _apply(con: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    with transaction(con):
        con.execute(text)
        con.execute("INSERT INTO ops.migrations VALUES ($name, $sum, now())", {"name": name, "sum": _checksum(text)})


def _refresh_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """Create macros and views again where their text changed."""
    parts = [f.read_text(encoding="utf-8") for kind in ("macros", "views") for f in sorted((HERE / kind).glob("*.sql"))]
    text = "\n".join(parts)
    known = con.execute("SELECT checksum FROM ops.migrations WHERE name = 'definitions'").fetchall()
    if known and known[0][0] == _checksum(text):
        return
    with transaction(con):
        for part in parts:
            con.execute(part)
        con.execute("DELETE FROM ops.migrations WHERE name = 'definitions'")
        con.execute("INSERT INTO ops.migrations VALUES ('definitions', $sum, now())", {"sum": _checksum(text)})


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
