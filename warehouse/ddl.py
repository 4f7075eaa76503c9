"""CREATE and COMMENT statements from the declarations."""

from warehouse.schema.entity import Entity


def ddl(entity: Entity) -> str:
    """CREATE and COMMENT statements of an entity's table, and of its view of latest versions."""
    lines = [f'    "{c.name}" {c.type}' for c in entity.all_columns]
    out = [f"CREATE TABLE {entity.table} (\n" + ",\n".join(lines) + "\n);"]
    out += _comments("TABLE", entity.table, entity)
    if entity.versioned:
        view = f"{entity.schema}.{entity.name}"
        names = ", ".join(f'"{c.name}"' for c in entity.all_columns if c.name != "is_latest")
        out.append(f"CREATE VIEW {view} AS SELECT {names} FROM {entity.table} WHERE is_latest;")  # noqa: S608
        out += _comments("VIEW", view, entity)
    return "\n".join(out)


def _comments(kind: str, name: str, entity: Entity) -> list[str]:
    def quote(text: str) -> str:
        return text.replace("'", "''")

    skip = {"is_latest"} if kind == "VIEW" else set()
    return [f"COMMENT ON {kind} {name} IS '{quote(entity.comment)}';"] + [
        f"COMMENT ON COLUMN {name}.\"{c.name}\" IS '{quote(c.comment)}';"
        for c in entity.all_columns
        if c.name not in skip
    ]
