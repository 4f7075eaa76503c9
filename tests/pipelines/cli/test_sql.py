"""`tapewire sql`: no row is lost in silence, in any format; parameters, files, and what wrong usage says."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli.app import app
from tests.conftest import NOW, candle_rows
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import publish
from warehouse.schema.market import CANDLES
from warehouse.views import views
from warehouse.write import Batch, write

N = 1500


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A published warehouse with N candles of one asset."""
    home = tmp_path_factory.mktemp("home")
    con = open_writer(home / "simulated/warehouse.duckdb")
    migrate(con)
    write(con, CANDLES, candle_rows(N), Batch("run-1", NOW, "test", is_simulated=True))
    publish(con, home / "simulated/published", now=NOW)
    con.close()
    return home


def sql(home: Path, *told: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sql", *told, "--home", str(home)], input=stdin)


def test_a_table_that_is_cut_says_so_and_other_formats_have_every_row(home):
    table = sql(home, "FROM marts.candles")
    assert table.exit_code == 0
    assert "only the first 1,000 rows are printed; there are more" in table.stderr
    csv = sql(home, "FROM marts.candles", "-f", "csv")
    assert len(pl.read_csv(io.StringIO(csv.stdout))) == N and csv.stderr == ""
    assert len(json.loads(sql(home, "FROM marts.candles", "-f", "json").stdout)) == N
    assert "are printed" not in sql(home, "FROM marts.candles LIMIT 1000").stderr


def test_a_limit_is_kept_and_said_in_every_format(home):
    done = sql(home, "FROM marts.candles", "-f", "csv", "--limit", "7")
    assert len(pl.read_csv(io.StringIO(done.stdout))) == 7
    assert "only the first 7 rows are printed" in done.stderr


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_every_row_goes_into_a_file(home, tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    done = sql(home, "SELECT asset, event_ts, close_quote FROM marts.candles", "--out", str(path))
    assert done.stdout.strip().endswith("1,500 rows")
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}[ending]
    assert len(read(path)) == N


def test_parameters_are_values_and_not_text_of_the_query(home):
    asset = sql(home, "SELECT DISTINCT asset FROM marts.candles", "-f", "json").stdout
    name = json.loads(asset)[0]["asset"]
    query = "SELECT count(*) AS n FROM marts.candles WHERE asset = $asset AND close_quote > $least"
    done = sql(home, query, "--param", f"asset={name}", "--param", "least=-1.5", "-f", "json")
    assert json.loads(done.stdout) == [{"n": N}]
    hostile = sql(home, query, "--param", "asset=x' OR 1=1 --", "--param", "least=0", "-f", "json")
    assert json.loads(hostile.stdout) == [{"n": 0}]


def test_a_query_comes_from_a_file_or_standard_input_and_markdown_is_a_table(home, tmp_path):
    path = tmp_path / "q.sql"
    path.write_text("SELECT 1 AS one, 'a' AS two")
    assert json.loads(sql(home, "--file", str(path), "-f", "json").stdout) == [{"one": 1, "two": "a"}]
    assert json.loads(sql(home, "-", "-f", "json", stdin="SELECT 2 AS n").stdout) == [{"n": 2}]
    lines = sql(home, "--file", str(path), "-f", "markdown").stdout.strip().splitlines()
    assert lines[0].replace(" ", "") == "|one|two|" and set(lines[1]) <= set("|-: ")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ((), "give one query"),
        (("SELECT 1", "--file", "x.sql"), "give one query"),
        (("--file", "none.sql"), "none.sql cannot be read"),
        (("SELECT $a", "--param", "a"), "--param is NAME=VALUE such as asset=BTC, got 'a'"),
        (("SELECT 1", "--out", "x.xlsx"), "x.xlsx: .xlsx ending; expected .parquet"),
    ],
)
def test_wrong_usage_says_what_was_expected_and_exits_2(home, told, message):
    done = sql(home, *told)
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_catalogue_has_every_mart_with_its_rows_and_what_a_row_is(home):
    rows = {r["mart"]: r for r in json.loads(sql(home, "FROM marts.catalog", "-f", "json").stdout)}
    names = {view.removeprefix("marts.") for view in views() if view.startswith("marts.")}
    assert set(rows) == names - {"catalog"}
    assert rows["candles"]["n_rows"] == N and rows["candles"]["newest_ts"]
    assert rows["candles"]["one_row_per"] == "exchange, symbol, timeframe, event_ts"
    assert all(r["about"] for r in rows.values())


def test_marts_are_listed_described_and_sampled_and_a_near_name_is_named(home):
    def marts(*told: str) -> Result:
        return CliRunner().invoke(app, ["marts", *told, "--home", str(home)])

    assert "Stablecoin Supply Ratio per day" in marts().stdout
    one = marts("candles", "--sample", "2").stdout
    assert "Closed bars of trading" in one and "1,500 rows" in one and "close_quote" in one and "TIMESTAMP" in one
    wrong = marts("candels")
    assert wrong.exit_code == 2 and "did you mean 'candles'?" in wrong.stderr


@pytest.mark.parametrize(
    ("given", "value"),
    [("12", 12), ("-1.5", -1.5), ("true", True), ("007", "007"), ("1_000", "1_000"), ("nan", "nan"), ("1e9", "1e9"),
     ('"12"', "12"), ("BTC", "BTC"), ("", "")],
)  # fmt: skip
def test_a_parameter_is_a_plain_number_or_text_as_it_stands(home, given, value):
    done = sql(home, "SELECT $x AS x", "--param", f"x={given}", "-f", "json")
    assert json.loads(done.stdout) == [{"x": value}], done.stderr


@pytest.mark.parametrize("form", ["json", "csv", "table", "lines"])
def test_bytes_are_printed_and_what_cannot_be_is_said(home, form):
    assert "6162" in sql(home, "SELECT 'ab'::BLOB AS b", "-f", form).stdout or form in ("table", "lines")
    endless = sql(home, "SELECT DATE 'infinity' AS d", "-f", form)
    assert endless.exit_code in (0, 1) and "Traceback" not in endless.stderr
    if endless.exit_code:
        assert "cast its column to VARCHAR" in endless.stderr
