"""Migrations, the catalog, and the entities that everything is declared by."""

from pathlib import Path

import duckdb
import pytest

from warehouse import catalog
from warehouse.migrate import MigrationError, migrate
from warehouse.schema.registry import ENTITIES

ROOT = Path(__file__).parent.parent.parent


def test_the_migrated_schema_is_what_the_entities_declare(con):
    for entity in ENTITIES.values():
        schema, table = entity.table.split(".")
        have = con.execute(
            "SELECT column_name, data_type, comment FROM duckdb_columns() "
            "WHERE schema_name = $1 AND table_name = $2 ORDER BY column_index",
            [schema, table],
        ).fetchall()
        want = [(c.name, c.type, c.comment) for c in entity.all_columns]
        assert [(n, t.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), m) for n, t, m in have] == want, entity.name


def test_every_mart_and_every_column_of_it_is_commented(con):
    views = con.execute("SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'marts'").fetchall()
    assert len(views) >= 18
    assert all(comment for _, comment in views)
    bare = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' AND comment IS NULL"
    ).fetchall()
    assert bare == []


def test_the_data_dictionary_in_the_docs_is_current(con):
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written.strip() == catalog.dictionary(con).strip(), "run `make dictionary`"


def test_migrations_apply_once_and_a_second_run_applies_nothing(con):
    assert migrate(con) == []
    assert con.execute("SELECT count(*) FROM ops.migrations WHERE name LIKE '0%'").fetchall()[0][0] == 7


def test_an_edited_migration_is_refused(tmp_path):
    (tmp_path / "0001_a.sql").write_text("CREATE SCHEMA a")
    con = duckdb.connect()
    with pytest.raises(duckdb.Error):  # the views need tables that this folder does not make
        migrate(con, tmp_path)
    (tmp_path / "0001_a.sql").write_text("CREATE SCHEMA b")
    with pytest.raises(MigrationError, match="changed after it was applied"):
        migrate(con, tmp_path)


def test_a_warehouse_of_a_newer_version_is_refused(con, tmp_path):
    con.execute("INSERT INTO ops.migrations VALUES ('9999_future', 'x', now())")
    with pytest.raises(MigrationError, match="update tapewire"):
        migrate(con)


def test_a_failing_migration_leaves_nothing_behind(tmp_path):
    (tmp_path / "0001_a.sql").write_text("CREATE SCHEMA a; CREATE TABLE a.t (x INT); SELECT nonsense")
    con = duckdb.connect()
    with pytest.raises(duckdb.Error):
        migrate(con, tmp_path)
    assert con.execute("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'a'").fetchall()[0][0] == 0
