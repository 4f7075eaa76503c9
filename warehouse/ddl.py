"""Statements that make tables, views of latest versions and as-of macros from the declarations."""

from domain.labels import GROUP_RULES, NO_GROUP
from warehouse.schema.entity import Column, Entity
from warehouse.template import columns, ident, literal, render, table


def create_table(entity: Entity) -> str:
    """CREATE TABLE of an entity, its columns in the order of the declaration."""
    declared = ", ".join(f"{ident(c.name)} {c.type}" for c in entity.all_columns)
    return render("create_table", table=table(entity.table), columns=declared)


def add_column(entity: Entity, column: Column) -> str:
    """ALTER TABLE that adds a column; rows that are there have no value in it."""
    return render("add_column", table=table(entity.table), column=ident(column.name), type=column.type)


def drop_table(entity: Entity) -> str:
    """DROP TABLE of an entity."""
    return render("drop_table", table=table(entity.table))


def latest_view(entity: Entity) -> str:
    """The view of the latest version of each key of a versioned entity."""
    names = tuple(c.name for c in entity.all_columns if c.name != "is_latest")
    return render("latest_view", view=table(entity.view), columns=columns(names), table=table(entity.table))


def as_of_macro(entity: Entity) -> str:
    """The table macro `X_as_of(ts)` of a versioned entity."""
    return render(
        "as_of_macro", macro=table(f"{entity.view}_as_of"), table=table(entity.table), key=columns(entity.key)
    )


def group_macro() -> str:
    """The scalar macro `core.release_group(authorship, veracity)`: the rule of domain/labels.py in SQL."""
    cases = (
        f"WHEN {' AND '.join(f'{column} = {literal(value)}' for column, value in labels.items())} THEN {literal(group)}"
        for group, labels in GROUP_RULES
    )
    return render("group_macro", cases=" ".join(cases), otherwise=literal(NO_GROUP))
