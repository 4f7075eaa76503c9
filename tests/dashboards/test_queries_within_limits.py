"""A user's query can read and nothing else, and ends within its limits of time and memory; the app lives on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import psutil
import pytest

from dashboards.queries.asked import _error, ask
from dashboards.queries.limited import LimitedWarehouse, Limits, QueryLimitError, QueryRefusedError, check_query
from tests.dashboards.attempts import ESCAPES, GREEDY

ROOT = Path(__file__).parents[2]
SMALL = Limits(seconds=2.0, memory_gb=0.5)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(f): (f.stat().st_mtime_ns, f.stat().st_size) for f in sorted(folder.rglob("*"))}


def _never() -> None:
    raise AssertionError("the query did not heed the interrupt")


@pytest.mark.slow
def test_every_attempt_to_do_more_than_read_fails_and_leaves_nothing(published: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    before = _files(published.parent)
    secret = told = text = pl.DataFrame({"a": [1]})  # a frame of ours in reach of a careless engine
    with LimitedWarehouse(published) as warehouse:
        for attempt in ESCAPES:
            with pytest.raises((QueryRefusedError, duckdb.Error)):
                list(warehouse.frames(attempt.replace("@out", str(out)), {}, limit=10, on_hang=_never))
        still = pl.concat(warehouse.frames("SELECT count(*) AS n FROM marts.candles", {}, limit=None, on_hang=_never))
    assert still["n"][0] > 0
    assert len(ESCAPES) + len(GREEDY) >= 60
    assert _files(published.parent) == before
    assert list(out.iterdir()) == []
    assert len(secret) == len(told) == len(text)


@pytest.mark.slow
@pytest.mark.parametrize("greedy", GREEDY)
def test_a_greedy_query_is_ended_within_its_limits_and_leaves_neither_process_nor_file(greedy, published: Path):
    before, began = _files(published.parent), time.monotonic()
    with pytest.raises(QueryLimitError, match=r"after 2 s|more than 0.5 GB|more than 64 MB"):
        ask(published, greedy, limits=SMALL)
    assert time.monotonic() - began < SMALL.seconds + 15
    assert psutil.Process().children(recursive=True) == [] or not any(
        "dashboards.queries.asked" in " ".join(c.cmdline()) for c in psutil.Process().children(recursive=True)
    )
    assert _files(published.parent) == before


@pytest.mark.slow
def test_a_query_that_does_not_heed_the_interrupt_ends_with_its_process(published: Path, monkeypatch):
    script = (
        "import sys, time, dashboards.queries.limited as limited, dashboards.queries.asked as asked\n"
        "limited.LimitedWarehouse.frames = lambda self, *a, **k: hung(self, **k)\n"
        "def hung(self, *, on_hang, **_):\n"
        "    with limited._Clock(self._open.con, self.limits, on_hang):\n"
        "        time.sleep(600)\n"
        "    yield None\n"
        "limited.GRACE_S = 0.5\n"
        "asked.main()\n"
    )
    told = {
        "path": str(published.resolve()),
        "text": "SELECT 1",
        "params": {},
        "rows": 1,
        "seconds": 0.5,
        "memory_gb": 1,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(told), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "ended after 0.5 s" in done.stderr


@pytest.mark.slow
def test_a_query_is_answered_with_parameters_and_says_where_rows_are_left_out(published: Path):
    answer = ask(published, "SELECT asset FROM marts.candles WHERE asset = $asset", {"asset": "BTC"}, rows=3)
    assert answer.frame["asset"].to_list() == ["BTC"] * 3
    assert answer.is_cut
    whole = ask(published, "SELECT 1 AS one", rows=3)
    assert (whole.frame.to_dicts(), whole.is_cut) == ([{"one": 1}], False)


@pytest.mark.slow
def test_an_error_of_a_query_is_that_of_duckdb(published: Path):
    with pytest.raises(duckdb.Error, match="does not exist"):
        ask(published, "FROM marts.nothing")
    with pytest.raises(QueryRefusedError, match="a DROP statement is no query"):
        ask(published, "DROP VIEW marts.candles")


def test_types_that_frames_lack_are_shown_as_text(published: Path):
    query = "SELECT INTERVAL 3 DAY AS i, [INTERVAL 1 HOUR] AS l, '101'::BIT AS b, {'a': [1, 2]} AS s, 1e-15 AS tiny"
    with LimitedWarehouse(published) as warehouse:
        row = pl.concat(warehouse.frames(query, {}, limit=None, on_hang=_never)).row(0, named=True)
    assert (row["i"], row["l"], row["b"], row["s"], row["tiny"]) == (
        "3 days",
        "['01:00:00']",
        "101",
        {"a": [1, 2]},
        1e-15,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        "FROM marts.ssr_daily", "WITH x AS (SELECT 1) SELECT * FROM x", "DESCRIBE marts.ssr_daily", "SHOW ALL TABLES",
        "SUMMARIZE marts.ssr_daily", "EXPLAIN SELECT 1", "VALUES (1)", "TABLE marts.ssr_daily;",
        "PIVOT (FROM marts.ssr_daily) ON coin USING first(ssr_par) GROUP BY day", "-- a note\nSELECT 1 -- and one",
    ],
)  # fmt: skip
def test_everything_that_reads_is_a_query(query: str, published: Path):
    check_query(query)
    with LimitedWarehouse(published) as warehouse:
        assert list(warehouse.frames(query, {}, limit=5, on_hang=_never))


@pytest.mark.slow
def test_the_time_of_a_slow_reader_is_not_the_querys(published: Path):
    with LimitedWarehouse(published, Limits(seconds=1.0)) as warehouse:
        rows = 0
        for part in warehouse.frames("SELECT range FROM range(200000)", {}, limit=None, on_hang=_never):
            time.sleep(0.5)
            rows += len(part)
    assert rows == 200_000


@pytest.mark.slow
def test_ctrl_c_ends_a_query_at_once_with_130_and_in_the_shell_its_process(published: Path, tmp_path: Path):
    (tmp_path / "simulated").mkdir()
    (tmp_path / "simulated" / "published").symlink_to(published.parent)
    endless = "SELECT count(*) FROM range(10000000000) a, range(10) b WHERE hash(a.range * b.range) = 1"
    command = [sys.executable, "-m", "pipelines.cli", "sql", endless, "--home", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "Traceback" not in err
    ask_it = f"ask(Path({str(published)!r}), {endless!r})"
    script = f"from pathlib import Path\nfrom dashboards.queries.asked import ask\n{ask_it}"
    asker = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, cwd=ROOT)
    time.sleep(3)
    (asked,) = psutil.Process(asker.pid).children()
    asker.send_signal(signal.SIGINT)
    asker.communicate(timeout=15)
    assert asked.wait(timeout=5) is None or not asked.is_running()


def test_a_process_that_dies_of_something_else_is_not_said_to_want_memory():
    limits = Limits(seconds=1, memory_gb=1)
    assert "code 1: ImportError: no such thing" in str(_error(b"Traceback\nImportError: no such thing\n", 1, limits))
    assert isinstance(_error(b"", -9, limits), QueryLimitError)
    assert isinstance(_error(b"memory allocation of 5 bytes failed", 1, limits), QueryLimitError)
