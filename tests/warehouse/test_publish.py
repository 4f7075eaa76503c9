"""Publishing: one writer, any number of readers, no waiting."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.conftest import NOW, candle_rows
from warehouse.connect import WarehouseBusyError, WarehouseMissingError, open_reader, open_writer
from warehouse.migrate import migrate
from warehouse.publish import STABLE_NAME, marts_fingerprint, publish
from warehouse.schema.market import CANDLES
from warehouse.write import write

READER = """
import pathlib, sys, duckdb
path, stop = sys.argv[1], pathlib.Path(sys.argv[2])
held = duckdb.connect(path, read_only=True)
n, seen = 0, set()
while not stop.exists():
    held.execute("SELECT count(*) FROM marts.candles").fetchall()
    fresh = duckdb.connect(__import__("os").path.realpath(path), read_only=True)
    seen.add(fresh.execute("SELECT count(*) FROM marts.candles").fetchall()[0][0])
    fresh.close()
    n += 1
print(n, sorted(seen))
"""


@pytest.fixture
def warehouse(tmp_path, batch):
    con = open_writer(tmp_path / "warehouse.duckdb")
    migrate(con)
    write(con, CANDLES, candle_rows(100), batch)
    yield con
    con.close()


def test_the_published_copy_holds_everything_but_raw_with_views_macros_and_comments(warehouse, tmp_path):
    warehouse.execute("INSERT INTO raw.pages (page_hash) VALUES ('x')")
    publish(warehouse, tmp_path / "published", now=NOW)
    reader = open_reader(tmp_path / "published" / STABLE_NAME)
    assert reader.execute("SELECT count(*) FROM marts.candles").fetchall()[0][0] == 100
    assert reader.execute("SELECT count(*) FROM core.candles_as_of($1)", [NOW]).fetchall()[0][0] == 100
    assert reader.execute("SELECT count(*) FROM raw.pages").fetchall()[0][0] == 0
    assert reader.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'ssr_daily'").fetchall()[0][0]


def test_a_reader_can_neither_write_nor_reach_outside(warehouse, tmp_path):
    publish(warehouse, tmp_path / "published", now=NOW)
    reader = open_reader(tmp_path / "published" / STABLE_NAME)
    for statement in (
        "CREATE TABLE core.x (a INT)", "DELETE FROM core.candles_versions", "ATTACH '/tmp/other.duckdb'",
        "COPY core.candles TO '/tmp/out.csv'", "SELECT * FROM read_csv('/etc/passwd')",
        "SET enable_external_access = true", "INSTALL httpfs",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error):
            reader.execute(statement)


@pytest.mark.slow
def test_publishing_twice_gives_marts_with_the_same_fingerprint(warehouse, tmp_path):
    first = marts_fingerprint(warehouse)
    publish(warehouse, tmp_path / "published", now=NOW)
    reader = open_reader(tmp_path / "published" / STABLE_NAME)
    assert marts_fingerprint(reader) == first
    warehouse.execute(
        "UPDATE core.candles_versions SET volume_base = 6 WHERE event_ts = (SELECT min(event_ts) FROM core.candles)"
    )
    changed = marts_fingerprint(warehouse)
    assert {m for m in first if first[m] != changed[m]} >= {"candles"}


@pytest.mark.slow
def test_an_open_reader_keeps_its_copy_while_new_ones_are_published_and_old_ones_pruned(warehouse, tmp_path, batch):
    folder = tmp_path / "published"
    publish(warehouse, folder, now=NOW, keep=2)
    reader = open_reader(folder / STABLE_NAME)
    for day in range(1, 5):
        write(warehouse, CANDLES, candle_rows(100 + day), batch)
        publish(warehouse, folder, now=NOW + timedelta(days=day), keep=2)
    assert reader.execute("SELECT count(*) FROM marts.candles").fetchall()[0][0] == 100
    assert open_reader(folder / STABLE_NAME).execute("SELECT count(*) FROM marts.candles").fetchall()[0][0] == 104
    assert len(list(folder.glob("version_*"))) == 2


@pytest.mark.slow
def test_an_analyst_process_queries_in_a_loop_while_the_night_writes_and_publishes_with_no_error(
    warehouse, tmp_path, batch
):
    folder = tmp_path / "published"
    publish(warehouse, folder, now=NOW)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(folder / STABLE_NAME), str(tmp_path / "stop")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for number in range(1, 6):
        write(warehouse, CANDLES, candle_rows(100 + number), batch)
        publish(warehouse, folder, now=NOW + timedelta(seconds=number), keep=3)
    assert reader.poll() is None, "the reader is still at work"
    (tmp_path / "stop").touch()
    out, err = reader.communicate()
    assert reader.returncode == 0, err
    queries, seen = int(out.split(" ", 1)[0]), out.split(" ", 1)[1]
    assert queries > 5
    assert seen.count(",") >= 1, "the reader saw more than one publication"


def test_a_copy_left_half_made_is_never_seen_and_is_swept_away(warehouse, tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    half = folder / "version_20240101T000000_1.building"
    half.mkdir()
    (half / STABLE_NAME).write_bytes(b"half")
    publish(warehouse, folder, now=NOW)
    assert list(folder.glob("*.building*")) == []


def test_each_mart_lies_as_parquet_beside_the_file_and_is_swung_with_it(warehouse, tmp_path, batch):
    folder = tmp_path / "published"
    publish(warehouse, folder, now=NOW, parquet=True)
    assert pl.read_parquet(folder / "parquet" / "candles.parquet").height == 100
    names = {f.stem for f in (folder / "parquet").iterdir()}
    assert names == {name for (name,) in warehouse.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts'").fetchall()}  # fmt: skip
    write(warehouse, CANDLES, candle_rows(120), batch)
    publish(warehouse, folder, now=NOW + timedelta(days=1), parquet=True)
    assert pl.read_parquet(folder / "parquet" / "candles.parquet").height == 120
    assert (folder / "parquet").resolve().parent == (folder / STABLE_NAME).resolve().parent


def test_a_folder_named_from_where_one_stands_is_published_to_as_any_other(warehouse, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("var/simulated/published")
    publish(warehouse, folder, now=NOW, parquet=True)
    assert open_reader(folder / STABLE_NAME).execute("SELECT count(*) FROM marts.candles").fetchall()[0][0] == 100
    monkeypatch.chdir("/")
    moved = (tmp_path / "var").rename(tmp_path / "moved") / "simulated/published"
    assert pl.read_parquet(moved / "parquet" / "candles.parquet").height == 100


def test_copies_of_earlier_releases_are_replaced_by_the_new_layout(warehouse, tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "tapewire_20230101T000000_1.duckdb").write_bytes(b"old")
    (folder / STABLE_NAME).symlink_to("tapewire_20230101T000000_1.duckdb")
    publish(warehouse, folder, now=NOW, keep=1)
    assert not (folder / "tapewire_20230101T000000_1.duckdb").exists()
    assert open_reader(folder / STABLE_NAME).execute("SELECT count(*) FROM marts.candles").fetchall()[0][0] == 100


def test_publishing_twice_within_a_second_is_two_versions(warehouse, tmp_path):
    first, second = (publish(warehouse, tmp_path / "published", now=NOW) for _ in range(2))
    assert first != second
    assert (tmp_path / "published" / STABLE_NAME).resolve() == second.resolve()


def test_what_is_published_cannot_be_written_by_anyone_but_its_owner_on_purpose(warehouse, tmp_path):
    copy = publish(warehouse, tmp_path / "published", now=NOW, parquet=True)
    assert {oct(f.stat().st_mode & 0o777) for f in copy.parent.rglob("*.*")} == {"0o444"}


def test_a_second_writer_is_told_that_the_warehouse_is_busy(warehouse, tmp_path):
    code = (
        "import sys; from pathlib import Path; from warehouse.connect import open_writer, WarehouseBusyError\n"
        "try: open_writer(Path(sys.argv[1]))\nexcept WarehouseBusyError as e: print(e); sys.exit(7)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "warehouse.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7
    assert "open in another process" in done.stdout
    assert issubclass(WarehouseBusyError, RuntimeError)


def test_opening_what_was_never_published_says_what_to_run(tmp_path):
    with pytest.raises(WarehouseMissingError, match="tapewire nightly"):
        open_reader(tmp_path / "nothing.duckdb")
