"""A frame made into rows of an entity: types, rules, one row per key; what cannot be one is refused with its reason."""

import difflib

import polars as pl

from warehouse.schema.entity import Column, Entity

POLARS_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "DOUBLE": pl.Float64(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "FLOAT[]": pl.List(pl.Float32()),
    "VARCHAR[]": pl.List(pl.String()),
}


class SchemaError(ValueError):
    """The frame as a whole cannot be rows of the entity."""


def conform(entity: Entity, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split `frame` into rows of the entity's types and refused rows (`reason`, `payload`).

    Raises SchemaError for missing or unknown columns and for times without a zone.
    """
    _check_columns(entity, frame)
    wanted = list(entity.columns)
    frame = frame.with_columns(pl.lit(None).alias(c.name) for c in wanted if c.name not in frame.columns)
    if frame.is_empty():
        return frame.select(_cast(c, frame).alias(c.name) for c in wanted), no_refusals()
    typed = frame.select(_cast(c, frame).alias(c.name) for c in wanted)
    reason = pl.coalesce(*_type_reasons(entity, frame, typed), *_null_reasons(entity), *_rule_reasons(entity))
    bad = _reasons(typed, frame, reason)
    if bad is None:
        return typed, no_refusals()
    mask = bad.is_not_null()
    refused = frame.filter(mask).select(
        reason=bad.filter(mask),
        payload=pl.struct(pl.all().cast(pl.String, strict=False)).struct.json_encode(),
    )
    return typed.filter(~mask), refused


def _reasons(typed: pl.DataFrame, frame: pl.DataFrame, reason: pl.Expr) -> pl.Series | None:
    """The reason per row, or None where no row has one."""
    raw = frame.select(pl.all().name.prefix("_raw_"))
    reasons = pl.concat([typed, raw], how="horizontal").select(reason.alias("reason"))["reason"]
    return None if reasons.null_count() == len(reasons) else reasons


def _check_columns(entity: Entity, frame: pl.DataFrame) -> None:
    known = [c.name for c in entity.columns]
    unknown = [c for c in frame.columns if c not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; {entity.name} has {', '.join(known)}"
        raise SchemaError(f"{entity.name}: unknown column {unknown[0]!r}{hint}")
    missing = [c.name for c in entity.columns if c.required and c.name not in frame.columns]
    if missing:
        raise SchemaError(
            f"{entity.name}: missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"the frame has {', '.join(frame.columns) or 'none'}"
        )
    for column in entity.columns:
        if column.type == "TIMESTAMPTZ" and column.name in frame.columns:
            dtype = frame.schema[column.name]
            if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
                raise SchemaError(
                    f"{entity.name}: {column.name} has no time zone, so its moment is unknown; "
                    "give times in UTC with their zone (2024-01-01T00:00:00Z)"
                )


def _cast(column: Column, frame: pl.DataFrame) -> pl.Expr:
    target = POLARS_TYPES[column.type]
    dtype = frame.schema[column.name]
    expr = pl.col(column.name)
    if isinstance(target, pl.Datetime) and isinstance(dtype, pl.String):
        iso = expr.str.replace("^(.{10}) ", "${1}T").str.replace("[Zz]$", "+00:00")
        return iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False)  # no format is guessed
    if isinstance(target, pl.Datetime) and isinstance(dtype, pl.Datetime):
        return expr.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if isinstance(target, pl.Float64) and isinstance(dtype, pl.Float64):
        return expr
    return expr.cast(target, strict=False)


def _type_reasons(entity: Entity, frame: pl.DataFrame, typed: pl.DataFrame) -> list[pl.Expr]:
    """Reasons for values that are there but are not of the column's type."""
    changed = [c for c in entity.columns if frame.schema[c.name] != typed.schema[c.name]]
    return [
        pl.when(pl.col(c.name).is_null() & pl.col(f"_raw_{c.name}").is_not_null()).then(
            pl.format("{} is not a {}: {}", pl.lit(c.name), pl.lit(c.type), pl.col(f"_raw_{c.name}").cast(pl.String))
        )
        for c in changed
        if not isinstance(frame.schema[c.name], pl.Null | pl.List)
    ]


def _null_reasons(entity: Entity) -> list[pl.Expr]:
    return [
        pl.when(pl.col(c.name).is_null()).then(pl.lit(f"{c.name} is missing")) for c in entity.columns if c.required
    ]


def _rule_reasons(entity: Entity) -> list[pl.Expr]:
    return [pl.when(rule.when()).then(pl.lit(rule.reason)) for rule in entity.rules]


def no_refusals() -> pl.DataFrame:
    """An empty table of refused rows."""
    return pl.DataFrame(schema={"reason": pl.String, "payload": pl.String})


def split_duplicates(entity: Entity, typed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per key: equal rows collapse; of rows that contradict each other the last stands, the others go."""
    key = [k for k in entity.key if k in typed.columns]
    order = [*(k for k in key if k != "event_ts"), *(k for k in key if k == "event_ts")]
    if _is_strictly_sorted(typed, order):
        return typed, no_refusals()
    kept = typed.unique(subset=key, keep="last", maintain_order=True)
    if kept.height == typed.height:
        return typed, no_refusals()
    distinct = typed.unique(maintain_order=True)
    losers = distinct.join(kept, on=typed.columns, how="anti", nulls_equal=True)
    return kept, losers.select(
        reason=pl.lit("contradicts a later row of the batch with the same key"),
        payload=pl.struct(pl.all().cast(pl.String, strict=False)).struct.json_encode(),
    )


def _is_strictly_sorted(typed: pl.DataFrame, order: list[str]) -> bool:
    """True where rows ascend strictly in `order`: a cheap proof that no key stands twice."""
    if typed.height < 2:
        return True
    ascends = pl.lit(False)
    for name in reversed(order):
        now, before = pl.col(name), pl.col(name).shift(1)
        ascends = (now > before) | ((now == before) & ascends)
    return bool(typed.select(ascends.slice(1).all()).item())
