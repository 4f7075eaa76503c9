"""DefiLlama and Coin Metrics, from local servers in their own shapes."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.providers import faults
from tests.providers.candles import DAY, START
from tests.providers.coinmetrics import CoinMetrics
from tests.providers.defillama import DefiLlama, example_coins
from tests.providers.server import Answer, LocalServer, Request

DAYS = 60
AS_OF = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=DAYS, hours=13)
NOW_MS = int(AS_OF.timestamp() * 1000)


@pytest.fixture
def two_coins(monkeypatch):
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.COIN_LISTS", {"two": ("USDT", "USDC")})


TWO = {"coin_list": "two"}


def llama() -> DefiLlama:
    return DefiLlama(example_coins(DAYS + 1, seed=1), lambda: NOW_MS)


def coins(url: str, **more):
    return {"enabled": True, "url": url} | more


def test_supply_comes_in_total_and_per_chain_with_prices_and_pegs(desk, two_coins):
    provider = llama()
    with LocalServer(provider) as server:
        result = desk.ingest(features=TWO, stablecoins=coins(server.url), as_of=AS_OF)
        assert (result.exit_code, result.missing) == (0, ())
        assert desk.ingest(features=TWO, stablecoins=coins(server.url), as_of=AS_OF).is_quiet
        listed = [r for r in server.requests if r.path == "/stablecoins"]
    assert len(listed) == 2, "the list is read once per run, not once per coin"
    total = desk.rows(
        "SELECT epoch_ms(event_ts), supply_units, price_usd FROM core.supply WHERE coin = 'USDT' AND chain = 'all' "
        "ORDER BY 1"
    )
    coin = provider.coins["1"]
    want = sum(h[:, 1] for h in coin.supply.values())
    assert [t[0] for t in total] == [START + i * DAY for i in range(DAYS + 1)], "midnights only, not the last point"
    assert [t[1] for t in total] == pytest.approx(list(want))
    assert [t[2] for t in total] == pytest.approx(list(coin.prices[:, 1]))
    assert desk.rows("SELECT DISTINCT chain FROM core.supply WHERE coin = 'USDT' ORDER BY 1") == [
        ("BSC",), ("Ethereum",), ("Tron",), ("all",)
    ]  # fmt: skip
    assert desk.rows("SELECT coin, vendor_id, peg_type, peg_mechanism FROM core.stablecoins ORDER BY 1") == [
        ("USDC", "2", "peggedUSD", "fiat-backed"),
        ("USDT", "1", "peggedUSD", "fiat-backed"),
    ]
    assert desk.rows("SELECT DISTINCT available_ts - event_ts FROM core.supply") == [(timedelta(hours=6),)]


def test_a_restated_figure_keeps_its_vintages(desk, two_coins):
    provider = llama()
    with LocalServer(provider) as server:
        desk.ingest(features=TWO, stablecoins=coins(server.url, chains=False), as_of=AS_OF)
        provider.restate("1", START // 1000 + 10 * 86400, factor=1.02)
        result = desk.ingest(features=TWO, stablecoins=coins(server.url, chains=False), as_of=AS_OF)
    assert result.writes["supply"].changed == 1
    versions = desk.rows(
        "SELECT version, supply_units, available_ts > event_ts + INTERVAL 1 DAY FROM core.supply_versions "
        f"WHERE coin = 'USDT' AND epoch_ms(event_ts) = {START + 10 * DAY} ORDER BY 1"
    )
    assert versions[1][1] == pytest.approx(versions[0][1] * 1.02)
    assert [v[2] for v in versions] == [False, True], "the restatement is known from when it was seen"


def test_a_coin_that_cannot_be_told_from_another_is_missing_and_names_both(desk, monkeypatch):
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.COIN_LISTS", {"two": ("USDT", "USDC", "NONE")})
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.GECKO_IDS", {"USDT": "tether"})
    with LocalServer(llama()) as server:
        result = desk.ingest(features=TWO, stablecoins=coins(server.url, chains=False), as_of=AS_OF)
    assert result.exit_code == 3
    reasons = dict(result.missing)
    assert "several USDC" in reasons["stablecoins:USDC"]
    assert "another-usdc" in reasons["stablecoins:USDC"]
    assert "lists no NONE" in reasons["stablecoins:NONE"]


def test_a_namesake_of_the_coin_that_is_meant_is_not_taken_for_it(desk, monkeypatch):
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.COIN_LISTS", {"two": ("USDT", "USDC")})
    monkeypatch.setattr("pipelines.sources.vendors.stablecoins.GECKO_IDS", {"USDT": "tether", "USDC": "the-right-one"})
    with LocalServer(llama()) as server:
        result = desk.ingest(features=TWO, stablecoins=coins(server.url, chains=False), as_of=AS_OF)
    assert "not the coin that is meant (gecko_id the-right-one)" in dict(result.missing)["stablecoins:USDC"]
    assert desk.rows("SELECT DISTINCT coin FROM core.supply") == [("USDT",)]


BROKEN = {
    "truncated": (faults.truncated(path="/stablecoin/", times=None), "broken JSON"),
    "html": (faults.html(path="/stablecoin/", times=None), "a web page"),
    "empty list": (faults.transform(lambda b: b"{}", path="/stablecoins", times=None), "no 'peggedAssets'"),
    "no tokens": (faults.transform(lambda b: b'{"id": "1"}', path="/stablecoin/", times=None), "no 'tokens'"),
    "451": (faults.status(451, times=None), "HTTP 451"),
    "gigabyte": (faults.gigabyte(path="/stablecoin/", times=None), "more than 8 MB"),
    "bomb": (faults.gzip_bomb(path="/stablecoinprices", times=None), "more than 8 MB"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_a_vendor_that_answers_nonsense_is_missing_with_the_reason(desk, two_coins, fault):
    error, reason = BROKEN[fault]
    error.taken = error.seen = 0
    with LocalServer(llama(), faults=[error]) as server:
        result = desk.ingest(features=TWO, stablecoins=coins(server.url), as_of=AS_OF)
    assert result.exit_code == 1
    assert all(reason in why or "left alone" in why for _, why in result.missing), result.missing
    assert desk.rows("SELECT count(*) FROM core.supply") == [(0,)], "a coin is there wholly or not at all"


def test_wrong_types_in_supply_are_refused_row_by_row(desk, two_coins):
    with LocalServer(llama(), faults=[faults.wrong_types(path="/stablecoin/", times=None)]) as server:
        result = desk.ingest(features=TWO, stablecoins=coins(server.url), as_of=AS_OF)
    assert result.missing or result.writes["supply"].quarantined
    assert desk.rows("SELECT count(*) FROM core.supply WHERE supply_units IS NULL") == [(0,)]


# Coin Metrics


class Metrics(CoinMetrics):
    """Simulated figures of two assets; the second has a price only."""

    def __init__(self, **more):
        import numpy as np

        days = START + DAY * np.arange(DAYS)
        series = {
            "btc": {
                m: np.column_stack([days, (i + 1) * 1e4 + np.arange(DAYS)])
                for i, m in enumerate(("PriceUSD", "CapMrktCurUSD", "SplyCur"))
            },
            "ltc": {"PriceUSD": np.column_stack([days, 70.0 + np.arange(DAYS)])},
        }
        super().__init__(series, lambda: NOW_MS, **more)


def onchain(url: str, **more):
    return {
        "enabled": True,
        "url": f"{url}/v4",
        "assets": ("BTC", "LTC"),
        "since": datetime(2024, 1, 1, tzinfo=UTC),
    } | more


@pytest.mark.slow
@pytest.mark.parametrize("page_size", [5_000, 7])
def test_figures_come_through_all_pages_each_asset_with_the_metrics_that_it_has(desk, monkeypatch, page_size):
    monkeypatch.setattr("pipelines.sources.vendors.onchain.PAGE_SIZE", page_size)
    with LocalServer(Metrics()) as server:
        result = desk.ingest(onchain=onchain(server.url), as_of=AS_OF, network={"backoff_s": 0.01})
        assert (result.exit_code, result.missing) == (0, ())
        assert desk.ingest(onchain=onchain(server.url), as_of=AS_OF).is_quiet
    assert desk.rows(
        "SELECT asset, metric, count(*), min(event_ts), min(value) FROM core.asset_metrics GROUP BY ALL ORDER BY 1, 2"
    ) == [
        ("BTC", "market_cap_usd", DAYS, datetime(2024, 1, 2, tzinfo=UTC), 2e4),
        ("BTC", "price_usd", DAYS, datetime(2024, 1, 2, tzinfo=UTC), 1e4),
        ("BTC", "supply_units", DAYS, datetime(2024, 1, 2, tzinfo=UTC), 3e4),
        ("LTC", "price_usd", DAYS, datetime(2024, 1, 2, tzinfo=UTC), 70.0),
    ]


def test_the_csv_form_gives_the_same_rows(desk, tmp_path):
    with LocalServer(Metrics()) as server:
        desk.ingest(onchain=onchain(server.url), as_of=AS_OF)
        result = desk.ingest(onchain=onchain(server.url, csv=f"{server.url}/csv"), as_of=AS_OF)
    assert (result.exit_code, result.is_quiet, result.writes["asset_metrics"].quarantined) == (0, True, 0)
    answer = Metrics().answer(Request("GET", "/csv/btc.csv", {}, {}))
    assert isinstance(answer, Answer)
    (tmp_path / "btc.csv").write_bytes(answer.body)
    local = desk.ingest(onchain=onchain("http://127.0.0.1:9", csv=str(tmp_path), assets=("BTC",)), as_of=AS_OF)
    assert (local.exit_code, local.is_quiet) == (0, True)


def test_a_metric_that_must_be_paid_for_or_an_unknown_asset_costs_itself_only(desk):
    with LocalServer(Metrics(paid={"SplyCur"})) as server:
        result = desk.ingest(onchain=onchain(server.url, assets=("BTC", "NOPE")), as_of=AS_OF)
    assert result.exit_code == 3
    assert [name for name, _ in result.missing] == ["onchain:NOPE"]
    assert desk.rows("SELECT DISTINCT metric FROM core.asset_metrics ORDER BY 1") == [
        ("market_cap_usd",),
        ("price_usd",),
    ]


def test_two_names_of_one_asset_are_refused_instead_of_overwriting_each_other(desk):
    with LocalServer(Metrics()) as server:
        result = desk.ingest(onchain=onchain(server.url, assets=("XBT", "BTC")), as_of=AS_OF)
    assert not result.writes
    assert "names BTC more than once: XBT, BTC" in dict(result.missing)["onchain"]


def test_a_restated_price_becomes_a_new_version(desk):
    provider = Metrics()
    with LocalServer(provider) as server:
        desk.ingest(onchain=onchain(server.url), as_of=AS_OF)
        provider.restate("btc", "PriceUSD", START + (DAYS - 3) * DAY, 5.0)
        result = desk.ingest(onchain=onchain(server.url), as_of=AS_OF)
    assert result.writes["asset_metrics"].changed == 1


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["truncated", "html", "wrong_types"])
def test_nonsense_from_coin_metrics_is_missing_or_refused_never_stored(desk, fault):
    error = getattr(faults, fault)(times=None)
    with LocalServer(Metrics(), faults=[error]) as server:
        result = desk.ingest(onchain=onchain(server.url), as_of=AS_OF)
    assert result.missing or result.writes["asset_metrics"].quarantined
    assert desk.rows("SELECT count(*) FROM core.asset_metrics") == [(0,)]
