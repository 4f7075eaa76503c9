"""Reads of the published warehouse."""

from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.data import Published
from warehouse.connect import WarehouseMissingError


def test_releases_are_searched_filtered_and_sorted(published: Path):
    with Published(published) as warehouse:
        by_move, by_time = warehouse.releases(), warehouse.releases(order="time")
        assert by_move["doc_id"].to_list()[:2] == ["doc-1", "doc-0"]
        assert by_move["scaled_move"][-1] is None
        assert by_time["event_ts"].is_sorted(descending=True)
        assert warehouse.releases("NUMBER 3")["doc_id"].to_list() == ["doc-3"]
        assert warehouse.releases(group="generated")["doc_id"].to_list() == ["doc-7"]
        assert warehouse.releases(limit=2)["n_found"].to_list() == [9, 9]
        assert warehouse.releases("100%_'; DROP TABLE x; --").is_empty()


def test_a_release_that_is_not_there_is_a_key_error(published: Path):
    with Published(published) as warehouse, pytest.raises(KeyError, match="nothing"):
        warehouse.release("nothing")


@pytest.mark.slow
def test_prices_come_from_one_market_only(rows, tmp_path: Path):
    stable = rows.make_published(tmp_path)
    con = duckdb.connect(str(stable.resolve()))
    con.execute(
        "INSERT INTO core.candles_versions BY NAME SELECT * REPLACE ('other' AS exchange) "
        "FROM core.candles_versions WHERE timeframe = '1h' AND asset = 'BTC' LIMIT 5"
    )
    con.close()
    with Published(stable) as warehouse:
        closes = warehouse.hourly_close("BTC", rows.NOW)
        assert closes["available_ts"].is_unique().all()
        later = warehouse.candles_around("BTC", rows.NOW - timedelta(days=2))
        assert later.select(pl.struct("exchange", "symbol").n_unique()).item() == 1
        assert later["timeframe"][0] == "1h"


def test_no_candles_give_an_empty_frame(published: Path, rows):
    with Published(published) as warehouse:
        assert warehouse.candles_around("NONE", rows.NOW).is_empty()


def test_nothing_can_be_written_or_read_from_outside(published: Path):
    with Published(published) as warehouse:
        for text in ("CREATE TABLE x (a INT)", "FROM read_text('/etc/hostname')", "SET enable_external_access = true"):
            with pytest.raises(duckdb.Error):
                warehouse.query(text)


def test_an_unpublished_warehouse_is_a_clear_error(tmp_path: Path):
    with pytest.raises(WarehouseMissingError, match="tapewire nightly"):
        Published(tmp_path / "nothing.duckdb")
