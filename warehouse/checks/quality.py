"""Quality checks: one `.sql` file each beside this one, with its entity, its severity and what it is about on top.

One more per versioned entity is made from its declaration.

A check returns its findings (`subject`, `n_rows`, `detail`). Severity `error` means that the data cannot be trusted:
what depends on it stops and nothing is published. `warning` and `info` are reported and stop nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from warehouse.schema import ENTITIES
from warehouse.schema.entity import Entity
from warehouse.template import columns, literal, render, table

CHECKS = Path(__file__).parent


@dataclass(frozen=True)
class Check:
    """A quality check as declared by its file."""

    name: str
    entity: str
    severity: str
    about: str
    sql: str


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    check: Check
    subject: str
    n_rows: int
    detail: str


@cache
def checks() -> tuple[Check, ...]:
    """Every check, by name. ValueError for a file without its three header lines or with an unknown severity."""
    written = [_parse(f) for f in CHECKS.glob("*.sql")]
    return tuple(sorted([*written, *map(_one_latest, _versioned())], key=lambda check: check.name))


def _versioned() -> list[Entity]:
    return [e for e in ENTITIES.values() if e.is_versioned]


def _one_latest(entity: Entity) -> Check:
    """Keys are unique by how rows are written, not by an index: this check proves it."""
    sql = render("check_one_latest", subject=literal(entity.name), key=columns(entity.key), table=table(entity.table))
    about = "No key may have two latest versions"
    return Check(f"{entity.name}_one_latest_per_key", entity.name, "error", about, sql)


def _parse(path: Path) -> Check:
    text = path.read_text(encoding="utf-8")
    head = dict(line[3:].split(": ", 1) for line in text.splitlines()[:3] if line.startswith("-- ") and ": " in line)
    if set(head) != {"entity", "severity", "about"} or head["severity"] not in ("info", "warning", "error"):
        raise ValueError(
            f"{path.name}: expected '-- entity:', '-- severity: info|warning|error' and '-- about:' on top"
        )
    return Check(path.stem, head["entity"], head["severity"], head["about"], text)


def run_checks(con: duckdb.DuckDBPyConnection, *, run_id: str, as_of: datetime, now: datetime) -> list[Finding]:
    """Run every check on what was available at `as_of`, record the findings in ops.checks, return them."""
    findings: list[Finding] = []
    rows: list[tuple[str, str, str, str | None, int, str]] = []
    for check in checks():
        found = con.execute(check.sql, {"as_of": as_of} if "$as_of" in check.sql else {}).fetchall()
        findings += [Finding(check, *row) for row in found]
        rows += [(check.name, check.entity, check.severity, *row) for row in found]
        if not found:
            rows.append((check.name, check.entity, check.severity, None, 0, check.about))
    columns = ["check_name", "entity", "severity", "subject", "n_rows", "detail"]
    recorded = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
    con.execute("DELETE FROM ops.checks WHERE run_id = $run_id", {"run_id": run_id})
    con.register("_recorded", recorded)
    con.execute(
        "INSERT INTO ops.checks BY NAME "
        "SELECT $run_id AS run_id, *, $as_of AS as_of_ts, $now AS checked_ts FROM _recorded",
        {"run_id": run_id, "as_of": as_of, "now": now},
    )
    con.unregister("_recorded")
    return findings


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that forbid publishing."""
    return [f for f in findings if f.check.severity == "error"]
