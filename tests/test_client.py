"""The Python client: frames, moments, the catalogue, with nothing of tapewire but the published file."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tapewire_client import NotPublishedError, open_published
from tests.conftest import NOW, candle_rows
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import publish
from warehouse.schema.market import CANDLES
from warehouse.write import Batch, write

ROOT = Path(__file__).parents[1]
N = 200


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A profile's folder with N published candles, the last of which was revised a day later."""
    home = tmp_path_factory.mktemp("client")
    with open_writer(home / "warehouse.duckdb") as con:
        migrate(con)
        write(con, CANDLES, candle_rows(N), Batch("run-1", NOW, "test", is_simulated=True))
        publish(con, home / "published", now=NOW)
    return home


def test_a_warehouse_is_opened_by_its_folder_its_published_folder_or_its_file(home):
    for where in (home, str(home / "published"), home / "published" / "tapewire.duckdb"):
        with open_published(where) as tape:
            assert tape.version.startswith("version_")
    with pytest.raises(NotPublishedError, match="tapewire nightly"):
        open_published(home / "nothing")


def test_marts_come_as_polars_and_pandas_frames_chosen_by_moment_and_value(home):
    with open_published(home) as tape:
        assert len(tape.mart("candles")) == N
        day = tape.mart("candles", since="2024-01-02", until=date(2024, 1, 3), asset="BTC")
        assert len(day) == 24
        pandas = tape.pandas("candles", since="2024-01-02T00:00:00Z", until="2024-01-02T05:00:00Z")
        assert len(pandas) == 5
        assert str(pandas["event_ts"].dt.tz) in ("UTC", "Etc/UTC")
        assert tape.mart("candles", asset="x' OR 1=1 --").is_empty()


def test_the_catalogue_and_the_columns_are_told(home):
    with open_published(home) as tape:
        marts = {r["mart"]: r for r in tape.marts().to_dicts()}
        assert marts["candles"]["n_rows"] == N
        assert {r["column_name"] for r in tape.describe("candles").to_dicts()} >= {"close_quote", "event_ts"}
        assert all(r["comment"] for r in tape.describe("ssr_daily").to_dicts())


def test_queries_take_parameters_and_give_rows_and_frames(home):
    with open_published(home) as tape:
        answer = tape.sql("SELECT count(*) AS n FROM marts.candles WHERE asset = $asset", asset="BTC")
        assert answer.rows() == [(N,)]
        assert answer.polars()["n"][0] == answer.pandas()["n"][0] == N


def test_what_was_known_at_a_moment_is_that_and_no_more(home):
    with open_published(home) as tape:
        assert len(tape.as_of("candles", "2024-01-02T00:00:00Z")) == 24
        with pytest.raises(ValueError, match="is no table"):
            tape.as_of("candles(now()); DROP TABLE x --", "2024-01-02")


def test_wrong_names_are_said_with_what_there_is(home):
    with open_published(home) as tape:
        with pytest.raises(ValueError, match=r"no mart 'candels'; there are .*candles"):
            tape.mart("candels")
        with pytest.raises(ValueError, match=r"no column 'assets'; it has .*asset"):
            tape.mart("candles", assets="BTC")
        with pytest.raises(ValueError, match="neither a moment nor a day"):
            tape.mart("impact_conclusions", since="2024-01-01")
        with pytest.raises(duckdb.Error):
            tape.sql("DROP VIEW marts.candles")


def test_an_open_client_stays_on_its_version_until_it_is_refreshed(tmp_path, batch):
    with open_writer(tmp_path / "warehouse.duckdb") as con:
        migrate(con)
        publish(con, tmp_path / "published", now=NOW)
        with open_published(tmp_path) as tape:
            write(con, CANDLES, candle_rows(3), batch)
            publish(con, tmp_path / "published", now=NOW + timedelta(days=1))
            assert len(tape.mart("candles")) == 0
            before = tape.version
            tape.refresh()
            assert len(tape.mart("candles")) == 3
            assert tape.version != before


def test_it_imports_nothing_heavy_and_nothing_of_tapewire():
    code = "import sys, tapewire_client; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"torch", "polars", "pandas", "prefect", "ccxt", "pipelines", "warehouse", "dashboards", "models"}
    assert not heavy & set(eval(done.stdout))


@pytest.mark.slow
def test_it_works_with_the_oldest_client(home):
    python = os.environ.get("OLDEST_DUCKDB_PYTHON")
    if not python:
        pytest.skip("OLDEST_DUCKDB_PYTHON names no Python with the oldest DuckDB")
    code = (
        "import sys, tapewire_client as t\n"
        "tape = t.open_published(sys.argv[1])\n"
        "print(tape.sql('SELECT count(*) FROM marts.candles').rows()[0][0], "
        "len(tape._rows('candles', '2024-01-02', None, {'asset': 'BTC'}).fetchall()), tape.version)"
    )
    done = subprocess.run([python, "-c", code, str(home)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == [str(N), str(N - 24)]
