"""Declarations, what is built from them, and how a standing warehouse is brought to them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from domain.labels import AUTHORSHIP, VERACITY, release_group
from warehouse import catalog, ddl
from warehouse import migrate as migration
from warehouse.catalog import write_comments
from warehouse.migrate import MigrationError, migrate
from warehouse.schema import ENTITIES
from warehouse.schema.entity import Column
from warehouse.views import statements, views

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / "tests" / "data" / "warehouse_baseline.sql"


@pytest.fixture
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    yield con
    con.close()


@pytest.fixture
def commented(con):
    write_comments(con)
    return con


@pytest.fixture
def declare(monkeypatch) -> Iterator[Callable[..., None]]:
    """Declare an entity otherwise, as a later version of tapewire would."""

    def forget() -> None:
        migration._declared.cache_clear()
        migration._definitions.cache_clear()

    def change(name: str, **changes) -> None:
        monkeypatch.setitem(ENTITIES, name, replace(ENTITIES[name], **changes))
        forget()

    yield change
    monkeypatch.undo()
    forget()


def schema_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Columns and types of every table and view, and the parameters of every macro."""
    out: dict[str, list[tuple[str, str]]] = {}
    for relation, column, kind in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    ).fetchall():
        out.setdefault(relation, []).append((column, kind))
    for name, parameters in con.execute(
        "SELECT schema_name || '.' || function_name, parameters::VARCHAR FROM duckdb_functions() WHERE NOT internal"
    ).fetchall():
        out[f"{name}()"] = [("parameters", parameters)]
    return {name: sorted(columns) for name, columns in out.items()}


def test_an_empty_warehouse_has_what_the_entities_declare(commented):
    for entity in ENTITIES.values():
        schema, table = entity.table.split(".")
        have = commented.execute(
            "SELECT column_name, data_type, comment FROM duckdb_columns() "
            "WHERE schema_name = $1 AND table_name = $2 ORDER BY column_index",
            [schema, table],
        ).fetchall()
        want = [(c.name, c.type, c.comment) for c in entity.all_columns]
        assert [(n, t.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), m) for n, t, m in have] == want, entity.name


def test_every_mart_and_every_column_of_it_is_commented_and_its_grain_is_of_its_columns(commented):
    marts = commented.execute("SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'marts'").fetchall()
    assert len(marts) >= 33
    assert all("One row per" in comment for _, comment in marts)
    bare = commented.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' AND comment IS NULL"
    ).fetchall()
    assert bare == []
    schema = schema_of(commented)
    for name, view in views().items():
        assert set(view.grain) | set(view.own) <= {column for column, _ in schema[name]}, name


def test_a_view_states_no_comment_that_it_would_take_over_anyway():
    for view in views().values():
        bare = replace(view, own={})
        for column, comment in view.own.items():
            try:
                inherited = bare.column_comment(column)
            except KeyError:
                continue
            assert inherited != comment, f"{view.name}.{column} repeats what its source says"


def test_a_warehouse_at_work_carries_no_comments(con):
    """They are written where somebody reads them: into published copies and the dictionary."""
    assert con.execute("SELECT count(*) FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall() == [(0,)]


def test_the_data_dictionary_in_the_docs_is_current(commented):
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written.strip() == catalog.dictionary(commented).strip(), "run `make dictionary`"


def test_the_rule_of_groups_is_the_same_in_sql_and_in_polars(con):
    labels = con.sql(
        "SELECT a AS authorship, v AS veracity, core.release_group(a, v) AS in_sql FROM "
        f"(SELECT unnest({list(AUTHORSHIP)}) AS a) CROSS JOIN (SELECT unnest({list(VERACITY)}) AS v)"
    ).pl()
    assert labels["in_sql"].to_list() == labels.with_columns(release_group())["release_group"].to_list()
    assert set(labels["in_sql"]) == {"real", "generated", "fabricated", "unlabelled"}


def test_a_second_start_changes_nothing(con):
    assert migrate(con) == []


def test_a_stored_warehouse_of_the_baseline_becomes_one_like_a_fresh_one_and_keeps_its_rows(empty, con):
    empty.execute(BASELINE.read_text(encoding="utf-8"))
    total = "SELECT count(*), sum(close_quote) FROM core.candles_versions"
    before = empty.execute(total).fetchall()
    migrate(empty)
    assert schema_of(empty) == schema_of(con)
    assert empty.execute(total).fetchall() == before == [(3, 303.0)]
    assert migrate(empty) == []


def test_what_was_said_in_hindsight_leaves_the_documents_of_a_standing_warehouse(empty):
    empty.execute(BASELINE.read_text(encoding="utf-8"))
    common = (
        "TIMESTAMPTZ '2021-09-13 13:30Z' AS event_ts, event_ts AS available_ts, TIMESTAMPTZ '2026-01-01 00:00Z' AS "
        "ingested_ts, 'human' AS authorship, 1 AS version, true AS is_latest"
    )
    empty.execute(
        "INSERT INTO core.documents_versions BY NAME SELECT 'case' AS doc_id, 'event' AS kind, 'Fake' AS title, "
        "'false' AS veracity, TIMESTAMPTZ '2021-09-13 15:18Z' AS retracted_ts, true AS is_recommended, " + common
    )
    empty.execute(
        "INSERT INTO core.documents_versions BY NAME SELECT 'news' AS doc_id, 'news' AS kind, 'News' AS title, "
        "'true' AS veracity, true AS is_recommended, " + common
    )
    migrate(empty)
    assert empty.execute("SELECT doc_id, veracity FROM core.documents").fetchall() == [("news", "true")]
    labels = "SELECT doc_id, veracity, curator_title, available_ts = retracted_ts FROM core.source_labels"
    assert empty.execute(labels).fetchall() == [("case", "false", "Fake", True)]


def test_a_verdict_of_an_earlier_detector_keeps_its_probability_without_the_scores_it_rested_on(empty):
    empty.execute(BASELINE.read_text(encoding="utf-8"))
    empty.execute(
        "INSERT INTO features.document_authorship BY NAME SELECT 'a' AS doc_id, 'm/1' AS detector, 1.5 AS curvature, "
        "0.97 AS machine_probability, 'flagged' AS verdict"
    )
    migrate(empty)
    kept = "SELECT doc_id, machine_probability, verdict, words_score, reading_score FROM features.document_authorship"
    assert empty.execute(kept).fetchall() == [("a", 0.97, "flagged", None, None)]


def test_a_training_of_before_keeps_what_it_says_without_the_start_of_its_validation_span(empty):
    empty.execute(BASELINE.read_text(encoding="utf-8"))
    empty.execute(
        "INSERT INTO models.training_runs BY NAME SELECT 'm' AS model_id, 'patch_transformer' AS model_name, "
        "TIMESTAMPTZ '2024-01-01 00:00Z' AS validation_start_ts, 0.98 AS validation_ratio"
    )
    migrate(empty)
    assert empty.execute("SELECT model_id, validation_ratio FROM marts.training_runs").fetchall() == [("m", 0.98)]


def test_a_new_nullable_column_is_added_and_what_was_there_stays(con, declare):
    con.execute("INSERT INTO core.candles_versions (exchange, close_quote, is_latest) VALUES ('kraken', 7.0, true)")
    declare("candles", columns=(*ENTITIES["candles"].columns, Column("n_trades", "BIGINT", "Trades", required=False)))
    assert migrate(con) == ["core.candles_versions: added n_trades"]
    assert con.execute("SELECT close_quote, n_trades FROM core.candles").fetchall() == [(7.0, None)]
    assert migrate(con) == []


def test_a_changed_derived_table_is_made_anew_and_its_stage_forgotten(con, declare):
    con.execute("INSERT INTO ops.stages (stage, fingerprint) VALUES ('backtest', 'x'), ('derive', 'y')")
    con.execute("INSERT INTO models.backtest_metrics (strategy, value) VALUES ('hold', 1.0)")
    declare("backtest_metrics", columns=(*ENTITIES["backtest_metrics"].columns, Column("unit", "VARCHAR", "Unit")))
    assert migrate(con) == ["models.backtest_metrics: made anew, to be computed by the stage backtest"]
    assert con.execute("SELECT count(*), any_value(unit) FROM models.backtest_metrics").fetchall() == [(0, None)]
    assert con.execute("SELECT stage FROM ops.stages").fetchall() == [("derive",)]


@pytest.mark.parametrize("name", ["candles", "forecasts", "runs"])
def test_any_other_change_of_what_cannot_be_made_again_asks_for_a_migration(con, declare, name):
    columns = (*ENTITIES[name].columns[:-1], replace(ENTITIES[name].columns[-1], type="VARCHAR[]"))
    declare(name, columns=columns)
    before = schema_of(con)
    with pytest.raises(MigrationError, match=rf"{columns[-1].name}.*without\s+a migration"):
        migrate(con)
    assert schema_of(con) == before


def test_a_table_that_nobody_declares_asks_for_a_migration(con, declare):
    con.execute("CREATE TABLE features.forgotten (x INTEGER)")
    declare("candles", columns=(*ENTITIES["candles"].columns, Column("n", "BIGINT", "Trades", required=False)))
    with pytest.raises(MigrationError, match=r"features\.forgotten is not declared"):
        migrate(con)


@pytest.fixture
def migrations(tmp_path) -> Path:
    """A folder with the migrations that there are, for a test to add its own."""
    return Path(shutil.copytree(migration.MIGRATIONS, tmp_path / "migrations"))


def test_a_new_migration_runs_once_on_a_standing_warehouse_and_never_on_a_fresh_one(con, empty, migrations):
    (migrations / "9000_a.sql").write_text("INSERT INTO ops.runs (run_id) VALUES ('migrated')")
    assert migrate(con, migrations) == ["9000_a"]
    assert migrate(con, migrations) == []
    assert con.execute("SELECT run_id FROM ops.runs").fetchall() == [("migrated",)]
    migrate(empty, migrations)
    assert empty.execute("SELECT count(*) FROM ops.runs").fetchall() == [(0,)]
    assert migrate(empty, migrations) == []


def test_an_edited_migration_is_refused(con, migrations):
    (migrations / "9000_a.sql").write_text("CREATE SCHEMA a")
    migrate(con, migrations)
    (migrations / "9000_a.sql").write_text("CREATE SCHEMA b")
    with pytest.raises(MigrationError, match="changed after it was applied"):
        migrate(con, migrations)


def test_a_warehouse_of_a_newer_version_is_refused(con):
    con.execute("INSERT INTO ops.migrations VALUES ('9999_future', 'x', now())")
    with pytest.raises(MigrationError, match=r"update\s+tapewire"):
        migrate(con)


def test_a_failing_migration_leaves_nothing_behind(con, migrations):
    (migrations / "9000_a.sql").write_text("CREATE SCHEMA a; CREATE TABLE a.t (x INT); SELECT nonsense")
    with pytest.raises(duckdb.Error):
        migrate(con, migrations)
    assert con.execute("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'a'").fetchall() == [(0,)]


def test_create_statements_quote_every_name():
    assert ddl.create_table(ENTITIES["ssr_daily"]).startswith('CREATE TABLE "features"."ssr_daily" ("coin" VARCHAR')


def test_a_day_is_a_utc_day_whatever_the_zone_of_the_reader(con):
    con.execute("INSERT INTO features.ssr_daily (coin, event_ts) VALUES ('ALL', '2024-01-02 00:00:00+00')")
    for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
        con.execute("SET TimeZone = $1", [zone])
        assert con.execute("SELECT day::VARCHAR FROM marts.ssr_daily").fetchall() == [("2024-01-01",)], zone


def test_views_are_made_after_those_that_they_read():
    made: set[str] = set()
    for statement in statements():
        view = next((v for v in views().values() if v.sql == statement), None)
        if view is not None:
            assert {r for r in view.relations() if r in views()} <= made
            made.add(view.name)
    assert made == set(views())
