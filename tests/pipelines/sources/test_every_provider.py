"""Every provider with everything that can go wrong on the way: complete, or missing with the reason; never wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.sources.exchanges.client import Client
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
PASSING: dict[str, Callable[..., faults.Fault]] = {
    "429 with Retry-After": lambda **k: faults.status(429, {"Retry-After": "1"}, **k),
    "418 with Retry-After": lambda **k: faults.status(418, {"Retry-After": "1"}, **k),
    "a burst of 5xx": lambda **k: faults.status(503, **(k | {"times": 3})),
    "a reset in mid-body": faults.reset_mid_body,
    "a slow drip": lambda **k: faults.slow_drip(20, **k),
    "a hang": faults.hang,
}
LASTING: dict[str, Callable[..., faults.Fault]] = {
    "a long Retry-After": lambda **k: faults.status(429, {"Retry-After": "9999"}, **k),
    "451": lambda **k: faults.status(451, **k),
    "5xx": lambda **k: faults.status(500, **k),
    "a slow drip": lambda **k: faults.slow_drip(20, **k),
    "resets in mid-body": faults.reset_mid_body,
    "truncated bodies": faults.truncated,
    "web pages": faults.html,
    "empty bodies": faults.empty,
    "a gigabyte": faults.gigabyte,
    "a gzip bomb": faults.gzip_bomb,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("features.ssr.COIN_LISTS", {"one": ("USDT",)})
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.INTERVAL_S", 0.0)
    monkeypatch.setattr("pipelines.sources.vendors.onchain.INTERVAL_S", 0.0)
    opened = Client._open

    async def without_pauses(self: Client) -> Any:
        exchange = await opened(self)
        exchange.enableRateLimit = False
        return exchange

    monkeypatch.setattr(Client, "_open", without_pauses)


def _ingest(case: Case, desk: Desk, folder: Path, *errors: faults.Fault) -> tuple[Any, list[tuple[Any, ...]]]:
    with LocalServer(case.provider(), faults=list(errors)) as server:
        result = desk.ingest(network=NETWORK, as_of=AS_OF, **case.settings(server.url, folder))
    return result, desk.rows(f"SELECT * EXCLUDE (run_id, ingested_ts) FROM {case.table} ORDER BY ALL")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_passes_is_outlived_by_every_provider(tmp_path, provider):
    case = PROVIDERS[provider]
    calm, want = _ingest(case, Desk(tmp_path / "calm"), tmp_path / "lists")
    assert (calm.exit_code, calm.missing) == (0, ())
    assert len(want) > 4
    for number, (name, fault) in enumerate(PASSING.items()):
        result, got = _ingest(case, Desk(tmp_path / f"{number}"), tmp_path / "lists", fault(path=case.path, times=1))
        assert (result.exit_code, result.missing) == (0, ()), name
        assert len(got) == len(want), name
        if provider != "feeds":  # documents carry when they were seen first
            assert got == want, name


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_lasts_makes_a_provider_missing_with_a_reason_and_stores_nothing_wrong(tmp_path, provider):
    case = PROVIDERS[provider]
    _, want = _ingest(case, Desk(tmp_path / "calm"), tmp_path / "lists")
    for number, (name, fault) in enumerate(LASTING.items()):
        desk = Desk(tmp_path / f"{number}")
        result, got = _ingest(case, desk, tmp_path / "lists", fault(path=case.path, times=None))
        assert len(result.missing) == 1, name
        assert len(result.missing[0][1]) > 20, name
        assert set(got) <= set(want), name
        told = desk.rows("SELECT delivered, reason FROM ops.source_status")
        assert told == [(False, result.missing[0][1])], name


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p not in ("feeds", "archive")])
def test_wrong_types_are_refused_or_make_a_provider_missing(tmp_path, provider):
    case = PROVIDERS[provider]
    _, want = _ingest(case, Desk(tmp_path / "calm"), tmp_path / "lists")
    result, got = _ingest(
        case, Desk(tmp_path / "x"), tmp_path / "lists", faults.wrong_types(path=case.path, times=None)
    )
    assert result.missing or sum(w.quarantined for w in result.writes.values())
    assert len(got) < len(want)
