"""The shell of `tapewire sql`: answers, goes on after errors, and can be left."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboards.queries.limited import Limits
from dashboards.queries.shell import Shell
from tests.conftest import NOW, candle_rows
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import publish
from warehouse.schema.market import CANDLES
from warehouse.write import Batch, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with open_writer(home / "simulated/warehouse.duckdb") as con:
        migrate(con)
        write(con, CANDLES, candle_rows(300), Batch("run-1", NOW, "test", is_simulated=True))
        publish(con, home / "simulated/published", now=NOW)
    return home


@pytest.mark.slow
def test_it_answers_says_errors_and_goes_on(home, capsys):
    shell = Shell(home / "simulated/published/tapewire.duckdb", Limits(seconds=20))
    shell.answer("SELECT count(*) AS n FROM marts.candles;")
    assert "300" in capsys.readouterr().out
    shell.answer("DROP VIEW marts.candles;")
    assert "is no query" in capsys.readouterr().err
    shell.answer("FROM marts.nothing;")
    assert "does not exist" in capsys.readouterr().err
    shell.answer("FROM marts.candles;")
    told = capsys.readouterr()
    assert "only the first 200 rows are printed" in told.err
    shell.answer(".lines")
    shell.answer("SELECT 1 AS one;")
    assert "── row 1\none  1" in capsys.readouterr().out
    shell.answer(".marts candles")
    assert "close_quote" in capsys.readouterr().out
    shell.answer(".what")
    assert "Ctrl-D" in capsys.readouterr().out
    shell.answer(";")
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_on_a_terminal_a_query_over_two_lines_is_answered_and_quit_leaves(home):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipelines.cli", "sql", "--home", str(home)]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, close_fds=True)
    os.close(theirs)
    seen = ""

    def until(text: str) -> None:
        nonlocal seen
        end = time.monotonic() + 60
        while text not in seen and time.monotonic() < end:
            seen += os.read(ours, 4096).decode(errors="replace")
        assert text in seen, seen[-500:]

    until(".quit leaves")
    os.write(ours, b"SELECT 6 *\r")
    until("...>")
    os.write(ours, b"7 AS answer;\r")
    until("42")
    os.write(ours, b".quit\r")
    assert process.wait(timeout=30) == 0
    os.close(ours)
    assert (home / "simulated/sql_history").read_text().count("SELECT 6") == 1
