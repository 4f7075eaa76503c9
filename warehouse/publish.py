"""Publish a read-only copy of what readers need, under a new name, and swing one stable path to it atomically.

Readers of an older copy keep it until they close. The copy is built from the same declarations as the warehouse, with
comments, and filled table by table, which also compacts it.
"""

import hashlib
import os
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.catalog import write_comments
from warehouse.connect import transaction
from warehouse.migrate import migrate
from warehouse.template import ident, literal, render

PUBLISHED_SCHEMAS = ("core", "features", "models", "ops")
STABLE_NAME = "tapewire.duckdb"
STORAGE_VERSION = "v1.2.0"  # the oldest DuckDB whose clients open the published file
READ_ONLY = 0o444
WALL_CLOCK = {
    "run_id",
    "ingested_ts",
    "started_ts",
    "finished_ts",
    "checked_ts",
    "quarantined_ts",
    "seconds",
    "first_tried_ts",
    "asked_ts",
    "delivered_ts",
    "last_error_ts",
    "age_h",
    "is_late",
    "status_now",
}


def publish(con: duckdb.DuckDBPyConnection, folder: Path, *, now: datetime, keep: int = 3) -> Path:
    """Copy the open warehouse into `folder` and swing `folder/tapewire.duckdb` to the copy; the copy's path.

    Nothing is visible to readers before the swing; a copy that was left half-made is swept away by the next one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_unfinished(folder)
    target = folder / f"tapewire_{now:%Y%m%dT%H%M%S}_{os.getpid()}.duckdb"
    building = target.with_suffix(".building")
    _build(con, building)
    building.chmod(READ_ONLY)
    building.replace(target)
    swing(folder / STABLE_NAME, target)
    prune(folder, keep)
    return target


def _build(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A whole copy at `path`, in the storage format that clients from STORAGE_VERSION on open."""
    empty = duckdb.connect()
    empty.execute("SET TimeZone = 'UTC'")
    empty.execute(f"ATTACH {literal(str(path))} AS copy (STORAGE_VERSION {literal(STORAGE_VERSION)})")
    empty.execute("USE copy")
    migrate(empty)
    write_comments(empty)
    empty.close()
    con.execute(f"ATTACH {literal(str(path))} AS copy")
    try:
        with transaction(con):
            for schema, name in _tables(con):
                if (schema, name) != ("ops", "migrations"):
                    con.execute(render("copy_table", schema=ident(schema), name=ident(name)))
        con.execute("CHECKPOINT copy")
    finally:
        con.execute("DETACH copy")


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND NOT temporary AND list_contains($schemas, schema_name) "
        "ORDER BY ALL",
        {"schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall()


def swing(stable: Path, target: Path) -> None:
    """Point the link `stable` at `target` in one atomic step."""
    link = stable.with_name(f".{stable.name}.{os.getpid()}")
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(stable)


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` copies; a reader that has one open keeps it until it closes."""
    copies = sorted(folder.glob("tapewire_*.duckdb"), key=lambda p: p.stat().st_mtime_ns, reverse=True)
    current = (folder / STABLE_NAME).resolve()
    for old in copies[keep:]:
        if old.resolve() != current:
            old.unlink(missing_ok=True)


def _sweep_unfinished(folder: Path) -> None:
    for leftover in folder.glob("tapewire_*.building*"):
        leftover.unlink(missing_ok=True)


def marts_fingerprint(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A hash per mart of all its rows, run ids and wall-clock columns left out: equal marts, equal hashes.

    The catalogue is left out: it counts the others, and quotes comments that only a published copy has.
    """
    views = con.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts' AND database_name = current_database() "
        "AND view_name <> 'catalog' ORDER BY 1"
    ).fetchall()
    prints = {}
    for (view,) in views:
        names = [d[0] for d in con.execute(render("no_rows", table=f"marts.{ident(view)}")).description]
        kept = [n for n in names if n not in WALL_CLOCK]
        count, total = con.execute(
            render("fingerprint", columns=", ".join(ident(n) for n in kept), table=f"marts.{ident(view)}")
        ).fetchall()[0]
        prints[view] = hashlib.sha256(f"{kept}{count}{total}".encode()).hexdigest()[:16]
    return prints
