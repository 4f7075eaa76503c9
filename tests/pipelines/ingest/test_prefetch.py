"""The writer and its workers: no part stops another, the warehouse is let go of, an interrupt ends everything."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.ingest.prefetch import AHEAD, Prefetch
from pipelines.sources.errors import SourceError
from pipelines.sources.source import Page
from tests.conftest import candle_rows
from tests.kits.live import QUICK
from tests.providers import faults
from tests.providers.binance import Binance
from tests.providers.candles import HOUR, START, market
from tests.providers.server import LocalServer
from warehouse.connect import open_writer
from warehouse.schema.market import CANDLES

NOW = START + 300 * HOUR


@dataclass
class Fake:
    """A remote part whose pages are made as told."""

    name: str
    n_pages: int = 1
    pause_s: float = 0.0
    error: Exception | None = None
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = True
    made: int = 0

    def pages(self):
        for i in range(self.n_pages):
            time.sleep(self.pause_s)
            self.made += 1
            opened = CANDLE + timedelta(hours=i)
            frame = candle_rows(1, asset=self.name).with_columns(
                event_ts=opened, available_ts=opened + timedelta(hours=1)
            )
            yield Page(CANDLES, frame, "fake", self.name, f"{self.name}{i}")
        if self.error:
            raise self.error


CANDLE = candle_rows(1)["event_ts"][0]


def _ingest(desk, monkeypatch, *parts, **settings):
    monkeypatch.setattr("pipelines.ingest.ingest.parts", lambda *_: list(parts))
    return ingest(runs.start(desk.settings(**settings), "ingest"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [ValueError("odd"), RecursionError("deep"), KeyError("k"), UnicodeEncodeError("u", "x", 0, 1, "s")]
)
@pytest.mark.parametrize("is_remote", [True, False])
def test_a_part_that_fails_as_no_part_should_costs_itself_only(desk, monkeypatch, error, is_remote):
    bad = Fake("BAD", error=error, is_remote=is_remote)
    result = _ingest(desk, monkeypatch, Fake("AAA"), bad, Fake("BBB"))
    assert result.delivered == ("AAA", "BBB")
    assert "BAD failed on what it was given" in result.missing[0][1]
    assert desk.rows("SELECT source, delivered FROM ops.source_status ORDER BY 1") == [
        ("AAA", True),
        ("BAD", False),
        ("BBB", True),
    ]


def test_a_worker_runs_ahead_by_a_few_pages_and_no_more():
    part = Fake("AAA", n_pages=50)
    ahead = Prefetch([part], workers=1)
    time.sleep(0.3)
    assert part.made <= AHEAD + 1
    assert len(list(ahead.pages(part))) == 50
    ahead.close()


def test_a_part_that_the_writer_gives_up_lets_the_next_ones_come():
    first, second = Fake("AAA", n_pages=50), Fake("BBB")
    ahead = Prefetch([first, second], workers=1)
    pages = ahead.pages(first)
    next(pages)
    pages.close()
    assert len(list(ahead.pages(second))) == 1
    ahead.close()


@pytest.mark.slow
def test_another_run_can_write_while_the_network_is_waited_for(desk, monkeypatch):
    import threading

    slow = Fake("AAA", n_pages=2, pause_s=2.5)
    worker = threading.Thread(target=_ingest, args=(desk, monkeypatch, slow))
    settings = desk.settings()
    runs.start(settings, "look")
    worker.start()
    time.sleep(0.3)
    code = (
        "import sys; from pathlib import Path; from warehouse.connect import open_writer; "
        "open_writer(Path(sys.argv[1]), wait_s=4).close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(settings.warehouse)], capture_output=True, text=True, check=False
    )
    worker.join()
    assert done.returncode == 0, done.stderr[-500:]
    assert desk.rows("SELECT count(*) FROM core.candles") == [(2,)]
    open_writer(settings.warehouse).close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [faults.hang(path="klines", times=None), faults.status(429, {"Retry-After": "60"}, path="klines", times=None)],
)
def test_an_interrupt_ends_a_run_that_waits_for_the_network(tmp_path, fault):
    with LocalServer(Binance({"BTC/USDT": market(300, 1)}, now_ms=lambda: NOW), faults=[fault]) as server:
        profile = tmp_path / "p.toml"
        profile.write_text(
            '[[exchanges]]\nid = "binance"\nsymbols = ["BTC/USDT"]\nsince = 2024-01-01T00:00:00Z\n'
            f'base_url = "{server.url}"\n[network]\ntimeout_s = 60\n'
        )
        run = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "ingest", "-p", str(profile), "--home", str(tmp_path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            if server.asked("klines"):
                break
            time.sleep(0.1)
        time.sleep(1.0)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=15) != 0


def test_a_source_error_is_handed_on_as_it_is(desk, monkeypatch):
    result = _ingest(desk, monkeypatch, Fake("BAD", error=SourceError("it says so")), network=QUICK)
    assert result.missing == (("BAD", "it says so"),)
