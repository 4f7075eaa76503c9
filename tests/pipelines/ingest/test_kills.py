"""Ingestion killed at random moments and run again: exactly the rows of an undisturbed run."""

import multiprocessing
import os
import random
import signal
import sys
import time
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.kits import killed
from tests.kits.live import QUICK, SINCE, Desk
from tests.providers.binance import Binance
from tests.providers.candles import HOUR, START, Listing, Quirks, funding_rates, market
from tests.providers.coinmetrics import CoinMetrics
from tests.providers.defillama import DefiLlama, example_coins
from tests.providers.newsroom import Feed, Newsroom, releases
from tests.providers.server import LocalServer

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("TAPEWIRE_TEST_KILLS", "7"))  # 100 take about three minutes
ROOT = Path(__file__).parents[3]
N = 1_500
NOW_MS = START + N * HOUR - HOUR // 2
AS_OF = datetime.fromtimestamp(NOW_MS / 1000, UTC)
TABLES = {
    "core.candles_versions": "exchange, symbol, timeframe, event_ts, available_ts, close_quote, volume_base, version",
    "core.funding_versions": "exchange, symbol, event_ts, funding_rate, version",
    "core.supply_versions": "coin, chain, event_ts, available_ts, supply_units, price_usd, version",
    "core.asset_metrics_versions": "asset, metric, event_ts, value, version",
    "core.documents_versions": "doc_id, event_ts, title, body, kind, version",
    "core.document_assets_versions": "doc_id, asset, confidence, version",
    "ops.feed_items": "doc_id, feed, item_hash, article",
    "ops.asked_ranges": "exchange, symbol, timeframe, start_ts, end_ts",
}


def contents(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    return {t: desk.rows(f"SELECT {c} FROM {t} ORDER BY ALL") for t, c in TABLES.items()}


@pytest.fixture
def sources(tmp_path):
    holes = {"C/USDT": {START + i * HOUR for i in range(700, 760)}}
    swap = Listing(market(N, seed=9), funding=funding_rates(300, seed=9))
    symbols = {f"{a}/USDT": market(N, seed=i) for i, a in enumerate("ABC")} | {"A/USDT:USDT": swap}
    exchange = Binance(symbols, now_ms=lambda: NOW_MS, quirks=Quirks(holes=holes, shuffled=True))
    coins = DefiLlama(example_coins(60, seed=1), lambda: NOW_MS)
    metrics = CoinMetrics({"btc": {"PriceUSD": _days(60)}}, lambda: NOW_MS)
    room = Newsroom({"/rss.xml": Feed(releases(12, seed=1)), "/b.xml": Feed(releases(20, seed=1))})
    with (
        LocalServer(exchange, latency_s=0.005) as prices,
        LocalServer(coins) as supply,
        LocalServer(metrics) as chain,
        LocalServer(room) as news,
    ):
        host = news.url.split("//")[1]
        feeds = "".join(
            f'[[feeds]]\nname = "{n}"\npublisher = "Room"\nurl = "{news.url}/{n}.xml"\nkind = "news"\n'
            f'full_text = true\narticle_hosts = ["{host}"]\n'
            for n in ("rss", "b")
        )
        (tmp_path / "feeds.toml").write_text("version = 1\n" + feeds)
        yield {
            "exchanges": [{"id": "binance", "symbols": list(symbols), "since": SINCE, "base_url": prices.url,
                           "funding": True}],
            "features": {"coin_list": "majors-v1"},
            "stablecoins": {"enabled": True, "url": supply.url, "chains": False},
            "onchain": {"enabled": True, "url": f"{chain.url}/v4", "since": SINCE},
            "feeds": {"enabled": True, "list_file": tmp_path / "feeds.toml", "page_interval_s": 0.0},
        }  # fmt: skip


def _days(n: int):
    import numpy as np

    return np.column_stack([START + 24 * HOUR * np.arange(n), 1e4 + np.arange(n)])


def test_killing_ingestion_at_random_moments_and_running_it_again_gives_the_rows_of_an_undisturbed_run(
    tmp_path, monkeypatch, sources
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the server that the processes are forked from
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))  # nothing to be imported again
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed.__name__])

    def start(home: Path):
        worker = context.Process(target=killed.ingest_once, args=(home, QUICK, AS_OF, sources))
        worker.start()
        return worker

    calm = Desk(tmp_path / "calm")
    start(calm.home).join(120)  # the first one waits for the imports
    calm = Desk(tmp_path / "calmer")
    began = time.monotonic()
    worker = start(calm.home)
    worker.join(120)
    whole = time.monotonic() - began
    assert worker.exitcode == 9, "the list has coins that the vendor does not have: missing; the rest is there"
    want = contents(calm)
    assert min(len(rows) for rows in want.values()) > 0

    rng = random.Random(1)
    n_killed, homes = 0, 0
    while n_killed < KILLS:
        home = Desk(tmp_path / f"home{homes}")
        homes += 1
        for _ in range(10):  # ten kills, then it may end
            worker = start(home.home)
            worker.join(rng.uniform(0.02, 0.8) * whole)
            if worker.is_alive():
                assert worker.pid is not None
                os.kill(worker.pid, signal.SIGKILL)
                n_killed += 1
            worker.join()
        worker = start(home.home)
        worker.join(120)
        assert worker.exitcode == 9
        assert contents(home) == want
    assert n_killed >= KILLS
