"""Rows read = stored + unchanged + quarantined + left out, of every source and table; else it is an error."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.sources.exchanges.paging import Counted, walk
from pipelines.sources.source import Page, accounted
from tests.conftest import candle_rows
from tests.kits.live import Desk
from warehouse.schema.market import CANDLES


@dataclass
class Told:
    """A part that gives the pages it was told to."""

    given: list[Page] = field(default_factory=list)
    name: str = "told"
    is_simulated: bool = False
    is_remote: bool = False
    commits_by_page: bool = False

    def pages(self):
        yield from self.given


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path / "home")


def _ingest(desk, monkeypatch, *pages: Page):
    monkeypatch.setattr("pipelines.ingest.ingest.parts", lambda *_: [Told(list(pages))])
    return ingest(runs.start(desk.settings(), "ingest"))


def _accounts(desk) -> list[tuple]:
    return desk.rows(
        "SELECT entity, n_read, n_new, n_unchanged, n_quarantined, n_left_out, left_out FROM ops.source_rows"
    )


def test_what_was_stored_refused_and_left_out_adds_up_to_what_was_read(desk, monkeypatch):
    rows = candle_rows(10)
    bad = rows[:2].with_columns(low_quote=pl.lit(-1.0), event_ts=pl.col("event_ts").dt.offset_by("90d"))
    page = Page(CANDLES, pl.concat([rows, bad, rows[:1]]), "told", "here", "h1", n_read=16, left_out={"too old": 3})
    result = _ingest(desk, monkeypatch, page)
    assert result.exit_code == 0
    assert _accounts(desk) == [("candles", 16, 10, 1, 2, 3, "3 too old")]


def test_a_row_that_is_lost_is_an_error_that_names_the_source(desk, monkeypatch):
    result = _ingest(desk, monkeypatch, Page(CANDLES, candle_rows(10), "told", "here", "h1", n_read=11))
    assert result.exit_code == 1
    lost = [f for f in result.findings if f.check.name == "rows_conserved"]
    assert [(f.subject, f.n_rows, f.detail) for f in lost] == [("told candles", 1, "11 rows read, 10 accounted for")]


def test_a_part_of_which_every_row_is_quarantined_is_missing(desk, monkeypatch):
    bad = candle_rows(5).with_columns(low_quote=pl.lit(-1.0))
    result = _ingest(desk, monkeypatch, Page(CANDLES, bad, "told", "here", "h1"))
    assert result.missing == (("told", "all of its 5 rows were quarantined: ops.quarantine says why"),)


def test_rows_that_are_in_no_page_are_said_by_a_page_without_rows(desk, monkeypatch):
    result = _ingest(desk, monkeypatch, Page(CANDLES, candle_rows(2), "told", "here", "h1"),
                     accounted(CANDLES, "told", "here", {"given twice": 4}))  # fmt: skip
    assert result.exit_code == 0
    assert _accounts(desk) == [("candles", 6, 2, 0, 0, 4, "4 given twice")]


FILES = {
    "asset_metrics": "asset,date,price_usd,market_cap_usd\nBTC,2024-01-01,1,NA\nBTC,2024-01-02,x,\nETH,2024-01-01,2,3",
    "supply": "asset,date,supply,source\nUSDT,2024-01-01,1,a\nusdt,2024-01-01,1,b\nUSDC,2024-01-01,0,a\nDAI\n",
    "documents": '{"published_at":"2024-01-01T10:00:01Z","source":"w","title":"BTC","assets":"zzz"}\n[1]\n',
}


@pytest.mark.parametrize("shape", FILES)
def test_records_of_files_are_accounted_for(desk, tmp_path, shape):
    name = "d.jsonl" if shape == "documents" else "t.csv"
    (tmp_path / name).write_text(FILES[shape])
    tables = [{"path": name, "shape": shape}]
    result = desk.ingest(files={"root": tmp_path, "tables": tables}, as_of=datetime(2024, 6, 1, tzinfo=UTC))
    assert result.exit_code == 0
    found = {entity: rest for entity, *rest in _accounts(desk)}
    expected = {
        "asset_metrics": [9, 3, 0, 1, 5, "5 cells without a figure"],
        "supply": [4, 2, 0, 2, 0, None],
        "documents": [2, 1, 0, 1, 0, None],
    }
    assert found[shape] == expected[shape]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 7))
def test_of_an_exchange_each_row_given_is_in_a_page_or_left_out(opens, limit):
    rows = np.array([[float(o), 1.0] for o in opens]).reshape(-1, 2)

    def fetch(since, until):
        inside = rows[(rows[:, 0] >= (since or 0)) & (rows[:, 0] <= (until if until is not None else 1e9))]
        return inside[np.argsort(inside[:, 0], kind="stable")][:limit]

    counted = Counted(fetch)
    kept = sum(len(page) for page in walk(counted, 0, 40, 1, limit))
    assert kept == len(set(opens))
    assert sum(counted.left_out(kept).values()) + kept == counted.n_given
    assert counted.n_given >= kept


def _supply_file(desk, tmp_path, text):
    (tmp_path / "s.csv").write_text("asset,date,chain,supply\n" + text)
    tables = [{"path": "s.csv", "shape": "supply"}]
    return desk.ingest(files={"root": tmp_path, "tables": tables}, as_of=datetime(2024, 6, 1, tzinfo=UTC))


BOTH = "USDT,2024-01-01,,5\nUSDC,2024-01-01,ETH,2\nUSDC,2024-01-01,SOL,1\n"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("USDT,2024-01-02,,5\n", "USDC on ETH, USDC on SOL"),
        (BOTH.replace("USDC,2024-01-01,SOL,1\n", ""), "USDC on SOL"),
    ],
)
@pytest.mark.slow
def test_a_universe_that_shrank_is_missing_and_is_stored_as_far_as_it_goes(desk, tmp_path, text, gone):
    assert _supply_file(desk, tmp_path, BOTH).exit_code == 0
    for _ in range(2):  # until it is back, or for a week
        result = _supply_file(desk, tmp_path, text)
        assert result.exit_code == 3
        assert result.missing[0][1] == f"it no longer has {gone}, which it had within the last 7 days"
        assert result.writes["supply"].quarantined == 0
    assert _supply_file(desk, tmp_path, BOTH + "DAI,2024-01-01,,1\n").exit_code == 0


def test_a_chain_that_is_gone_is_not_missed_where_its_coin_has_a_total(desk, tmp_path):
    assert _supply_file(desk, tmp_path, BOTH + "USDC,2024-01-01,,3\n").exit_code == 0
    assert _supply_file(desk, tmp_path, "USDT,2024-01-01,,5\nUSDC,2024-01-01,,3\n").exit_code == 0


def test_what_a_source_brought_is_expected_for_a_week_and_only_of_runs_with_no_later_as_of(desk, tmp_path, monkeypatch):
    assert _supply_file(desk, tmp_path, BOTH).exit_code == 0
    early = desk.ingest(files={"root": tmp_path, "tables": [{"path": "s.csv", "shape": "supply"}]},
                        as_of=datetime(2024, 5, 1, tzinfo=UTC))  # fmt: skip
    assert early.exit_code == 0
    monkeypatch.setattr("pipelines.ingest.accounts.REMEMBERED", timedelta(seconds=-1))
    assert _supply_file(desk, tmp_path, "USDT,2024-01-02,,5\n").exit_code == 0
