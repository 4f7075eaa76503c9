"""Publish what readers need, read-only: a folder of its own, and one link that swings to it atomically.

    published/version_20260101T021500_71/tapewire.duckdb     the warehouse, in a format that older clients open
    published/version_20260101T021500_71/parquet/ssr_daily.parquet …   each mart, for engines beside DuckDB
    published/current -> version_20260101T021500_71          what is swung
    published/tapewire.duckdb -> current/tapewire.duckdb     the stable paths
    published/parquet -> current/parquet

Readers of an older version keep it until they close. The copy is built from the same declarations as the warehouse,
with comments, and filled table by table, which also compacts it.
"""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from warehouse.catalog import write_comments
from warehouse.connect import open_for_export, transaction
from warehouse.migrate import migrate
from warehouse.template import ident, literal, render

PUBLISHED_SCHEMAS = ("core", "features", "models", "ops")
STABLE_NAME, PARQUET, CURRENT = "tapewire.duckdb", "parquet", "current"
PARQUET_OPTIONS = "FORMAT parquet, COMPRESSION zstd"
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
    "n_delivered",
    "asked_ts",
    "delivered_ts",
    "last_error_ts",
    "age_h",
    "is_late",
    "status_now",
}


def publish(
    con: duckdb.DuckDBPyConnection, folder: Path, *, now: datetime, keep: int = 3, parquet: bool = False
) -> Path:
    """Copy the open warehouse into a new version of `folder` and swing the stable paths to it; the copy's path.

    Nothing is visible to readers before the swing; a version that was left half-made is swept away by the next one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_unfinished(folder)
    version = folder / f"version_{now:%Y%m%dT%H%M%S}_{os.getpid()}"
    building = version.with_suffix(".building")
    building.mkdir()
    _build(con, building / STABLE_NAME)
    if parquet:
        _export_marts(building / STABLE_NAME, building / PARQUET)
    for file in building.rglob("*.*"):
        file.chmod(READ_ONLY)
    if version.exists():  # published twice within a second
        version = version.with_name(f"{version.name}_{time.time_ns()}")
    building.replace(version)
    swing(folder / CURRENT, Path(version.name))
    for name in (STABLE_NAME, PARQUET):
        _link(folder / name)
    prune(folder, keep)
    return version / STABLE_NAME


@cache
def _empty_copy() -> bytes:
    """A published file without rows, in the storage format that clients from STORAGE_VERSION on open."""
    with tempfile.TemporaryDirectory() as folder, closing(duckdb.connect()) as empty:
        path = Path(folder) / STABLE_NAME
        empty.execute("SET TimeZone = 'UTC'")
        empty.execute(f"ATTACH {literal(str(path))} AS copy (STORAGE_VERSION {literal(STORAGE_VERSION)})")
        empty.execute("USE copy")
        migrate(empty)
        write_comments(empty)
        empty.execute("CHECKPOINT copy")
        empty.execute("USE memory")
        empty.execute("DETACH copy")
        return path.read_bytes()


def _build(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A whole copy at `path`."""
    path.write_bytes(_empty_copy())
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


def _link(stable: Path) -> None:
    """A stable path to the current version's file or folder of that name, where it has one."""
    target = Path(CURRENT) / stable.name
    if not (stable.parent / target).exists():
        stable.unlink(missing_ok=True)
    elif not stable.is_symlink() or stable.readlink() != target:
        swing(stable, target)


def _export_marts(published: Path, folder: Path) -> None:
    """Each mart of a published file as Parquet."""
    folder.mkdir()
    with closing(open_for_export(published)) as con:
        for mart in mart_names(con):
            target = literal(str(folder / f"{mart}.parquet"))
            con.execute(render("copy_mart", mart=f"marts.{ident(mart)}", target=target, options=PARQUET_OPTIONS))


def mart_names(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Every mart of the open warehouse, by name."""
    found = con.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts' AND database_name = current_database() "
        "ORDER BY 1"
    ).fetchall()
    return [name for (name,) in found]


def swing(link: Path, target: Path) -> None:
    """Point `link` at `target`, as seen from the folder that the link lies in, in one atomic step."""
    new = link.with_name(f".{link.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` versions; a reader that has one open keeps it until it closes."""
    versions = [
        *folder.glob("version_*"),
        *folder.glob("tapewire_*.duckdb"),
    ]  # the latter: as earlier releases named it
    current = (folder / CURRENT).resolve()
    for old in sorted(versions, key=lambda p: p.stat().st_mtime_ns, reverse=True)[keep:]:
        if old.resolve() != current:
            _remove(old)


def _sweep_unfinished(folder: Path) -> None:
    for leftover in (*folder.glob("version_*.building"), *folder.glob("tapewire_*.building*")):
        _remove(leftover)


def _remove(old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink(missing_ok=True)


def marts_fingerprint(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A hash per mart of all its rows, run ids and wall-clock columns left out: equal marts, equal hashes.

    The catalogue is left out: it counts the others, and quotes comments that only a published copy has.
    """
    prints = {}
    for view in mart_names(con):
        if view == "catalog":
            continue
        names = [d[0] for d in con.execute(render("no_rows", table=f"marts.{ident(view)}")).description]
        kept = [n for n in names if n not in WALL_CLOCK]
        count, total = con.execute(
            render("fingerprint", columns=", ".join(ident(n) for n in kept), table=f"marts.{ident(view)}")
        ).fetchall()[0]
        prints[view] = hashlib.sha256(f"{kept}{count}{total}".encode()).hexdigest()[:16]
    return prints
