"""The schema in words: comments of relations and columns, and the data dictionary.

Comments are written where somebody reads them: into published copies and the dictionary.

`python -m warehouse.catalog > docs/data-dictionary.md` writes the dictionary.
"""

import duckdb

from warehouse.connect import transaction
from warehouse.migrate import migrate
from warehouse.schema import ENTITIES
from warehouse.template import ident, literal, render, table
from warehouse.views import views

_TITLES = {
    "core": "core: typed entities, every version kept",
    "features": "features: derived, known at `available_ts`",
    "models": "models: forecasts, scores, impact, backtests",
    "marts": "marts: what analysts query; these names are stable",
    "ops": "ops: runs, writes, checks, quarantine",
    "raw": "raw: pages as received (not published)",
}


PROMISE = """\
A mart keeps its name, what a row is, and the name, meaning and unit of its columns within a minor version; new columns
come last; what changes is in `CHANGELOG.md`. Other schemas may change with any version. Units stand in names (`_usd`,
`_h`, `_ts`: UTC) or in the comment; shares are fractions, returns too unless they are called log. `tapewire marts NAME`
shows rows of one, and `tapewire dashboard` has a cookbook of questions with their queries."""


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
    statements: list[str] = []
    for entity in ENTITIES.values():
        meaning = {c.name: c.comment for c in entity.all_columns}
        statements += _comments("TABLE", entity.table, entity.comment, meaning)
        if entity.is_versioned:
            shown = {name: meaning[name] for name in columns[entity.view]}
            statements += _comments("VIEW", entity.view, entity.comment, shown)
    for view in views().values():
        shown = {name: view.column_comment(name) for name in columns[view.name]}
        statements += _comments("VIEW", view.name, view.comment, shown)
    with transaction(con):
        con.execute(";\n".join(statements))


def _comments(kind: str, relation: str, about: str, meaning: dict[str, str]) -> list[str]:
    of_columns = {f"COLUMN {table(relation)}.{ident(column)}": text for column, text in meaning.items()}
    told = {f"{kind} {table(relation)}": about} | of_columns
    return [render("comment", what=what, text=literal(text)).strip() for what, text in told.items()]


def dictionary(con: duckdb.DuckDBPyConnection) -> str:
    """The data dictionary as Markdown, from the schema of an open warehouse."""
    relations = con.execute(
        """
        SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE NOT internal AND NOT temporary
        UNION ALL
        SELECT schema_name, view_name, comment FROM duckdb_views() WHERE NOT internal
        ORDER BY 1, 2
        """
    ).fetchall()
    columns = con.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY schema_name, table_name, column_index"
    ).fetchall()
    out = ["# Data dictionary", "", "Made from the schema by `make dictionary`; do not edit.", "", PROMISE, ""]
    keys = {e.view: e.key for e in ENTITIES.values()}
    for schema in ("marts", "core", "features", "models", "ops", "raw"):
        out += [f"## {_TITLES[schema]}", ""]
        for _, name, comment in (r for r in relations if r[0] == schema):
            out += [f"### {schema}.{name}", "", comment or "", ""]
            if f"{schema}.{name}" in keys:
                out += [f"Natural key: {', '.join(keys[f'{schema}.{name}'])}", ""]
            out += ["| column | type | meaning |", "| --- | --- | --- |"]
            out += [f"| `{c}` | {t} | {m or ''} |" for s, n, c, t, m in columns if (s, n) == (schema, name)]
            out.append("")
    return "\n".join(out)


def main() -> None:
    """Print the data dictionary of an empty, migrated warehouse."""
    con = duckdb.connect()
    migrate(con)
    write_comments(con)
    print(dictionary(con))


if __name__ == "__main__":
    main()
