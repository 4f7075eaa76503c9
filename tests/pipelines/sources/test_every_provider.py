"""Every provider with everything that can go wrong on the way: complete, or missing with the reason; never wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kits.live import SINCE, Desk
from tests.providers import faults
from tests.providers.binance import Binance
from tests.providers.binance_archive import BinanceArchive
from tests.providers.candles import DAY, HOUR, START, market
from tests.providers.coinbase import Coinbase
from tests.providers.coinmetrics import CoinMetrics
from tests.providers.defillama import DefiLlama, example_coins
from tests.providers.kraken import Kraken
from tests.providers.newsroom import Feed, Newsroom, releases
from tests.providers.okx import Okx
from tests.providers.server import LocalServer

pytestmark = pytest.mark.slow

N = 24 * 40
NOW = START + N * HOUR - HOUR // 2
AS_OF = datetime.fromtimestamp(NOW / 1000, UTC)
NETWORK = {"timeout_s": 0.6, "tries": 4, "tries_unreachable": 2, "max_wait_s": 1.5, "max_mb": 4.0}


@dataclass(frozen=True)
class Case:
    """A provider: its local server, the path that carries its data, the settings that ask it, the table it fills."""

    provider: Callable[[], Any]
    path: str
    settings: Callable[[str, Path], dict[str, Any]]
    table: str


def _exchange(kind: Any, id: str, symbol: str, path: str) -> Case:
    return Case(
        lambda: kind({symbol: market(N, 1)}, now_ms=lambda: NOW),
        path,
        lambda url, _: {"exchanges": [{"id": id, "symbols": [symbol], "since": SINCE, "base_url": url}]},
        "core.candles",
    )


def _feeds(url: str, folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    (folder / "feeds.toml").write_text(
        f'version = 1\n[[feeds]]\nname = "rss"\npublisher = "R"\nurl = "{url}/rss.xml"\nkind = "news"\n'
    )
    return {"feeds": {"enabled": True, "list_file": folder / "feeds.toml"}}


def _figures() -> CoinMetrics:
    days = START + DAY * np.arange(30)
    return CoinMetrics({"btc": {"PriceUSD": np.column_stack([days, 1e4 + np.arange(30)])}}, lambda: NOW)


PROVIDERS = {
    "binance": _exchange(Binance, "binance", "BTC/USDT", "klines"),
    "kraken": _exchange(Kraken, "kraken", "BTC/USD", "OHLC"),
    "coinbase": _exchange(Coinbase, "coinbase", "BTC/USD", "candles"),
    "okx": _exchange(Okx, "okx", "BTC/USDT", "candles"),
    "archive": Case(
        lambda: BinanceArchive({"BTC/USDT": market(N, 1)}, lambda: NOW),
        "/monthly/",
        lambda url, _: {"archives": [{"location": url, "symbols": ["BTC/USDT"], "since": SINCE}]},
        "core.candles",
    ),
    "stablecoins": Case(
        lambda: DefiLlama(example_coins(30, seed=1), lambda: NOW),
        "/stablecoin/",
        lambda url, _: {
            "features": {"coin_list": "one"},
            "stablecoins": {"enabled": True, "url": url, "chains": False},
        },
        "core.supply",
    ),
    "onchain": Case(
        _figures,
        "asset-metrics",
        lambda url, _: {"onchain": {"enabled": True, "url": f"{url}/v4", "since": SINCE}},
        "core.asset_metrics",
    ),
    "feeds": Case(lambda: Newsroom({"/rss.xml": Feed(releases(5, seed=1))}), "rss.xml", _feeds, "core.documents"),
}


@pytest.fixture(autouse=True)
def one_coin(monkeypatch):
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.COIN_LISTS", {"one": ("USDT",)})


def _ingest(case: Case, desk: Desk, folder: Path, *errors: faults.Fault) -> tuple[Any, list[tuple[Any, ...]]]:
    with LocalServer(case.provider(), faults=list(errors)) as server:
        result = desk.ingest(network=NETWORK, as_of=AS_OF, **case.settings(server.url, folder))
    return result, desk.rows(f"SELECT * EXCLUDE (run_id, ingested_ts) FROM {case.table} ORDER BY ALL")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_outlives_what_passes_and_is_missing_with_a_reason_where_it_lasts_or_talks_nonsense(
    tmp_path, provider
):
    """Every single fault is tried on the network layer (test_net.py): these are the three ways in which it ends."""
    case = PROVIDERS[provider]
    calm, want = _ingest(case, Desk(tmp_path / "calm"), tmp_path / "lists")
    assert (calm.exit_code, calm.missing) == (0, ())
    assert len(want) > 4

    passing = faults.reset_mid_body(path=case.path, times=1)
    outlived, got = _ingest(case, Desk(tmp_path / "passing"), tmp_path / "lists", passing)
    assert (outlived.exit_code, outlived.missing) == (0, ())
    assert got == want if provider != "feeds" else len(got) == len(want)  # documents carry when they were first seen

    for name, lasting in (("5xx", faults.status(500, path=case.path, times=None)), ("pages", faults.html(times=None))):
        desk = Desk(tmp_path / name)
        result, got = _ingest(case, desk, tmp_path / "lists", lasting)
        assert len(result.missing) == 1, name
        assert len(result.missing[0][1]) > 20, name
        assert set(got) <= set(want), name
        reported = desk.rows("SELECT delivered, reason FROM ops.source_status")
        assert reported == [(False, result.missing[0][1])], name


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p not in ("feeds", "archive")])
def test_wrong_types_are_refused_or_make_a_provider_missing(tmp_path, provider):
    case = PROVIDERS[provider]
    _, want = _ingest(case, Desk(tmp_path / "calm"), tmp_path / "lists")
    result, got = _ingest(
        case, Desk(tmp_path / "x"), tmp_path / "lists", faults.wrong_types(path=case.path, times=None)
    )
    assert result.missing or sum(w.quarantined for w in result.writes.values())
    assert len(got) < len(want)
