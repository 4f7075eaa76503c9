"""The one way rows enter the warehouse: validate, quarantine, compare, merge, count.

Writing the same frame twice changes nothing and says so. A primary-key index would cost several times the load speed
and the file size, so keys are kept unique by how rows are written (and a quality check proves it).
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from warehouse.conform import conform, split_duplicates
from warehouse.schema.entity import Entity
from warehouse.template import columns, ident, render, table


@dataclass(frozen=True)
class WriteResult:
    """How many rows of a write were new, changed, unchanged, removed (derived tables only), quarantined."""

    entity: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0

    def __add__(self, other: "WriteResult") -> "WriteResult":
        return WriteResult(
            self.entity,
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
            self.quarantined + other.quarantined,
        )

    @property
    def is_quiet(self) -> bool:
        """True where the write altered nothing."""
        return not (self.new or self.changed or self.removed)


@dataclass(frozen=True)
class Batch:
    """What the rows of a write have in common."""

    run_id: str
    now: datetime
    source: str
    is_simulated: bool
    locator: str = ""


def write(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    frame: pl.DataFrame,
    batch: Batch,
    *,
    replace: bool | dict[str, str] = False,
) -> WriteResult:
    """Merge `frame` into the table of `entity`, inside the caller's transaction if there is one.

    Versioned entities keep the row that a changed one replaces; the new version becomes available when it is seen
    (`available_ts` = the later of its own and `batch.now`). Only the source that brought a key may revise it: where
    another one has other values for it, its row is quarantined, so that two sources never overwrite each other in turn.
    Derived entities are overwritten; with `replace`, rows whose key is not in `frame` are removed: all of them (True)
    or those whose columns equal the given values.

    Raises SchemaError where columns are missing, unknown, or times are without a zone.
    """
    typed, refused = conform(entity, frame)
    typed, duplicates = split_duplicates(entity, typed)
    n_refused = quarantine(con, entity, pl.concat([refused, duplicates]), batch)
    repeats = frame.height - typed.height - n_refused
    new, changed, removed, foreign = _merge(con, entity, typed, batch, replace)
    unchanged = typed.height - new - changed - foreign + repeats
    result = WriteResult(entity.name, new, changed, unchanged, removed, n_refused + foreign)
    con.execute(
        render("record_write"),
        {
            "run_id": batch.run_id, "entity": entity.name, "source": batch.source, "now": batch.now,
            "new": result.new, "changed": result.changed, "unchanged": result.unchanged,
            "removed": result.removed, "quarantined": result.quarantined,
        },
    )  # fmt: skip
    return result


def quarantine(con: duckdb.DuckDBPyConnection, entity: Entity, refused: pl.DataFrame, batch: Batch) -> int:
    """Keep refused rows (`reason`, `payload`) with where they came from, the same row once; how many were refused."""
    if refused.is_empty():
        return 0
    limit = 10_000
    rows = refused.select(
        entity=pl.lit(entity.name),
        source=pl.lit(batch.source),
        locator=pl.lit(batch.locator),
        reason="reason",
        payload=pl.col("payload").str.slice(0, limit),
        payload_hash=pl.col("payload").hash(seed=1).cast(pl.String),
    ).unique(subset=["reason", "payload_hash"], maintain_order=True)
    con.register("_refused", rows)
    con.execute(render("quarantine"), {"run_id": batch.run_id, "now": batch.now, "is_simulated": batch.is_simulated})
    con.unregister("_refused")
    return refused.height


def _merge(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    typed: pl.DataFrame,
    batch: Batch,
    replace: bool | dict[str, str],
) -> tuple[int, int, int, int]:
    """Rows inserted as new, as changed, removed, and refused because another source holds the key."""
    target = table(entity.table)
    current = "is_latest" if entity.is_versioned else "true"
    constants = ["$source AS source", "$is_simulated AS is_simulated", "$run_id AS run_id", "$now AS ingested_ts"]
    params: dict[str, object] = {
        "source": batch.source, "is_simulated": batch.is_simulated, "run_id": batch.run_id, "now": batch.now,
    }  # fmt: skip
    con.register("_stage", typed.with_row_index("_row"))
    try:
        removed = _remove_vanished(con, entity, replace) if replace else 0
        if typed.is_empty():
            return 0, 0, removed, 0
        held = con.execute(render("count_latest", table=target, current=current)).fetchall()[0][0]
        if not held:
            version = ["1::INTEGER AS version", "true AS is_latest"] if entity.is_versioned else []
            con.execute(render("insert_all", table=target, constants=", ".join(constants + version)), params)
            return typed.height, 0, removed, 0
        new, changed, foreign = _merge_differences(con, entity, batch, constants, params)
        return new, changed, removed, foreign
    finally:
        con.unregister("_stage")


def _key_match(entity: Entity) -> str:
    staged = {c.name for c in entity.columns}
    return " AND ".join(f"t.{ident(k)} = {'s.' + ident(k) if k in staged else '$source'}" for k in entity.key)


def _merge_differences(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    batch: Batch,
    constants: list[str],
    params: dict[str, object],
) -> tuple[int, int, int]:
    """Rows new, changed and foreign. A key belongs to the source that brought it: only that source may revise it."""
    target, match = table(entity.table), _key_match(entity)
    guarded = entity.is_versioned and "source" not in entity.key
    by_source = {"source": batch.source} if "$source" in match else {}
    con.execute(
        render(
            "classify",
            table=target,
            current="is_latest" if entity.is_versioned else "true",
            key_columns=columns(entity.key),
            value_columns=columns(entity.compared_columns) if entity.compared_columns else "1 AS _no_value",
            version_column="version" if entity.is_versioned else "0 AS version",
            old_version="coalesce(t.version, 0)",
            frozen_columns="".join(f"{ident(k)}, " for k in entity.frozen_columns),
            frozen_old="".join(f"t.{ident(k)} AS {ident('_old_' + k)}, " for k in entity.frozen_columns),
            foreign="t._source <> $source" if guarded else "false",
            key_match=match,
            value_differs=" OR ".join(f"s.{ident(v)} IS DISTINCT FROM t.{ident(v)}" for v in entity.compared_columns)
            or "false",
        ),
        {"source": batch.source} if guarded else by_source,
    )
    counts = dict(con.execute("SELECT status, count(*) FROM _diff GROUP BY status").fetchall())
    new, changed, foreign = (counts.get(k, 0) for k in ("new", "changed", "foreign"))
    if foreign:
        _refuse_foreign(con, entity, batch)
    if changed:
        con.execute(
            render("supersede" if entity.is_versioned else "delete_changed", table=target, key_match=match), by_source
        )
    if new or changed:
        version = ["(d.old_version + 1)::INTEGER AS version", "true AS is_latest"] if entity.is_versioned else []
        seen = "CASE WHEN d.status = 'changed' THEN greatest(s.available_ts, $now) ELSE s.available_ts END"
        replaced = [f"{seen} AS available_ts"] if entity.is_versioned else []
        replaced += [f"coalesce(d.{ident('_old_' + k)}, s.{ident(k)}) AS {ident(k)}" for k in entity.frozen_columns]
        con.execute(
            render(
                "insert_diff",
                table=target,
                replaced=f"REPLACE ({', '.join(replaced)})" if replaced else "",
                constants=", ".join(constants + version),
            ),
            params,
        )
    return new, changed, foreign


def _refuse_foreign(con: duckdb.DuckDBPyConnection, entity: Entity, batch: Batch) -> None:
    """Quarantine staged rows whose key another source brought, with other values."""
    rows = con.sql(render("foreign_rows")).pl()
    reason = pl.lit("another source holds this key with other values")
    refused = rows.select(reason=reason, payload=pl.struct(pl.all().cast(pl.String, strict=False)).struct.json_encode())
    quarantine(con, entity, refused, batch)
    con.execute("DELETE FROM _diff WHERE status = 'foreign'")


def _remove_vanished(con: duckdb.DuckDBPyConnection, entity: Entity, replace: bool | dict[str, str]) -> int:
    if entity.is_versioned:
        raise ValueError(f"{entity.name} keeps its history: rows cannot be removed")
    scope = replace if isinstance(replace, dict) else {}
    statement = render(
        "delete_vanished",
        table=table(entity.table),
        scope=" AND ".join(f"t.{ident(c)} = ${c}" for c in scope) or "true",
        key_match=_key_match(entity),
    )
    return int(con.execute(statement, scope).fetchall()[0][0])
