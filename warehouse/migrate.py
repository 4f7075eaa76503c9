"""Bring a warehouse to what the declarations say.

An empty warehouse is built from them. A standing one takes the numbered migrations that it lacks (changes of released
core tables, once each, in a transaction, recorded with a checksum); then the difference to the declarations is applied:
a new nullable column is added, a changed derived table is made anew and its stage forgotten, anything else is an error
that asks for a migration. Views and macros hold no data and are created anew whenever a declaration has changed.
"""

import hashlib
from functools import cache
from pathlib import Path

import duckdb

from warehouse import ddl, views
from warehouse.connect import transaction
from warehouse.schema import ENTITIES
from warehouse.schema.entity import Entity

SCHEMAS = ("raw", "core", "features", "models", "marts", "ops")
MIGRATIONS = Path(__file__).parent / "migrations"
DECLARATIONS = "declarations"
LONG_NAMES = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}


class MigrationError(RuntimeError):
    """The warehouse and the code do not agree."""


def migrate(con: duckdb.DuckDBPyConnection, folder: Path = MIGRATIONS) -> list[str]:
    """Bring the warehouse up to date; what was applied, one line each.

    Raises MigrationError where an applied migration was edited afterwards, the warehouse is newer than the code, or a
    table differs from its declaration in a way that only a migration can mend.
    """
    files = {f.stem: f.read_text(encoding="utf-8") for f in sorted(folder.glob("*.sql"))}
    done = _recorded(con)
    _check(done, files)
    if done.get(DECLARATIONS) == _declared() and set(files) <= set(done):
        return []
    with transaction(con):
        return _build(con, files) if not done else _update(con, done, files)


def _recorded(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What was applied, by name; nothing for an empty warehouse."""
    try:  # not asked of duckdb_tables(), which reads every column of the catalog first
        return dict(con.execute("SELECT name, checksum FROM ops.migrations").fetchall())
    except duckdb.CatalogException:
        return {}


def _build(con: duckdb.DuckDBPyConnection, files: dict[str, str]) -> list[str]:
    """An empty warehouse from the declarations; the migrations are for others and count as applied."""
    for schema in SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for entity in ENTITIES.values():
        con.execute(ddl.create_table(entity))
    _define(con)
    for name, text in files.items():
        _record(con, name, _checksum(text))
    _record(con, DECLARATIONS, _declared())
    return [f"built {len(ENTITIES)} tables from the declarations"]


def _update(con: duckdb.DuckDBPyConnection, done: dict[str, str], files: dict[str, str]) -> list[str]:
    applied = []
    for name, text in files.items():
        if name not in done:
            con.execute(text)
            _record(con, name, _checksum(text))
            applied.append(name)
    applied += reconcile(con)
    _define(con)
    con.execute("DELETE FROM ops.migrations WHERE name = $1", [DECLARATIONS])
    _record(con, DECLARATIONS, _declared())
    return applied


def _check(done: dict[str, str], files: dict[str, str]) -> None:
    newer = sorted(n for n in done if n not in files and n != DECLARATIONS)
    if newer:
        raise MigrationError(
            f"the warehouse has migration {newer[-1]!r}, which this version of tapewire does not know: update "
            "tapewire, or start a new warehouse in another folder (--home) where it was made before the first release"
        )
    for name, text in files.items():
        if name in done and done[name] != _checksum(text):
            raise MigrationError(
                f"migration {name!r} was changed after it was applied: restore the file and add a new one"
            )


def reconcile(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply the difference between the standing tables and their declarations; one line for each change."""
    standing = _standing(con)
    declared = {entity.table for entity in ENTITIES.values()}
    unknown = sorted(set(standing) - declared)
    if unknown:
        raise MigrationError(f"table {unknown[0]} is not declared: a migration has to rename or to drop it")
    return [line for e in ENTITIES.values() for line in _reconcile_table(con, e, standing.get(e.table))]


def _standing(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Columns and types of every standing table."""
    rows = con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() JOIN duckdb_tables() "
        "USING (database_name, schema_name, table_name) WHERE database_name = current_database() "
        "AND list_contains($1, schema_name) ORDER BY ALL",
        [list(SCHEMAS)],
    ).fetchall()
    out: dict[str, dict[str, str]] = {}
    for name, column, kind in rows:
        out.setdefault(name, {})[column] = LONG_NAMES.get(kind, kind)
    return out


def _reconcile_table(con: duckdb.DuckDBPyConnection, entity: Entity, have: dict[str, str] | None) -> list[str]:
    if have is None:
        con.execute(ddl.create_table(entity))
        return [f"{entity.table}: created"]
    want = {c.name: c.type for c in entity.all_columns}
    if have == want:
        return []
    added = [c for c in entity.all_columns if c.name not in have]
    only_added = all(have[name] == want.get(name) for name in have)
    if only_added and not any(c.required for c in added):
        for column in added:
            con.execute(ddl.add_column(entity, column))
        return [f"{entity.table}: added {', '.join(c.name for c in added)}"]
    if entity.kind == "derived":
        con.execute(ddl.drop_table(entity))
        con.execute(ddl.create_table(entity))
        con.execute("DELETE FROM ops.stages WHERE stage = $1", [entity.stage])
        return [f"{entity.table}: made anew, to be computed by the stage {entity.stage}"]
    differing = sorted(n for n in {*have, *want} if have.get(n) != want.get(n))
    raise MigrationError(
        f"{entity.table} differs from its declaration in {', '.join(differing)}: only a new nullable column can be "
        "added without a migration; write one in warehouse/migrations/"
    )


def _define(con: duckdb.DuckDBPyConnection) -> None:
    for statement in _definitions():
        con.execute(statement)


@cache
def _definitions() -> tuple[str, ...]:
    """Latest views, as-of macros, the rule of groups, what marts share, and the marts."""
    versioned = [e for e in ENTITIES.values() if e.is_versioned]
    made = (f(e) for e in versioned for f in (ddl.latest_view, ddl.as_of_macro))
    return (*made, ddl.group_macro(), *views.statements())


@cache
def _declared() -> str:
    """A checksum of all declarations: tables, views and macros."""
    return _checksum("\n".join([*(ddl.create_table(e) for e in ENTITIES.values()), *_definitions()]))


def _record(con: duckdb.DuckDBPyConnection, name: str, checksum: str) -> None:
    con.execute(
        "INSERT INTO ops.migrations (name, checksum, applied_ts) VALUES ($1, $2, now())",
        [name, checksum],
    )


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
