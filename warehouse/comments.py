"""Comments of relations and columns, written where somebody reads them: published copies and the data dictionary."""

import duckdb

from warehouse.connect import transaction
from warehouse.schema.registry import ENTITIES
from warehouse.template import ident, literal, render, table
from warehouse.views import views


def write_comments(con: duckdb.DuckDBPyConnection) -> None:
    """Comment every relation of a migrated warehouse, and every column of it.

    KeyError for a column that neither a declaration nor the file of its view explains.
    """
    columns: dict[str, list[str]] = {}
    for relation, column in con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal"
    ).fetchall():
        columns.setdefault(relation, []).append(column)
    with transaction(con):
        for entity in ENTITIES.values():
            meaning = {c.name: c.comment for c in entity.all_columns}
            _comment(con, "TABLE", entity.table, entity.comment, meaning)
            if entity.is_versioned:
                shown = {name: meaning[name] for name in columns[entity.view]}
                _comment(con, "VIEW", entity.view, entity.comment, shown)
        for view in views().values():
            shown = {name: view.column_comment(name) for name in columns[view.name]}
            _comment(con, "VIEW", view.name, view.comment, shown)


def _comment(con: duckdb.DuckDBPyConnection, kind: str, relation: str, about: str, meaning: dict[str, str]) -> None:
    con.execute(render("comment", what=f"{kind} {table(relation)}", text=literal(about)))
    for column, text in meaning.items():
        con.execute(render("comment", what=f"COLUMN {table(relation)}.{ident(column)}", text=literal(text)))
