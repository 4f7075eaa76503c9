"""Exchanges, through unmodified ccxt, from local servers that answer in each exchange's own format."""

from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tests.kits.live import SINCE, moment
from tests.providers import faults
from tests.providers.binance import Binance
from tests.providers.candles import HOUR, START, Listing, Quirks, funding_rates, market
from tests.providers.coinbase import Coinbase
from tests.providers.kraken import RATE_LIMITED, Kraken
from tests.providers.okx import RATE_LIMITED as OKX_LIMITED
from tests.providers.okx import Okx
from tests.providers.server import LocalServer

N = 2_500
NOW = START + N * HOUR - HOUR // 2  # the last bar is half-way through
BARS = market(N, seed=1)
CLOSED = (
    "SELECT epoch_ms(event_ts), open_quote, high_quote, low_quote, close_quote, volume_base FROM core.candles "
    "WHERE symbol = '{}' ORDER BY 1"
)


def binance(**more: Any) -> Binance:
    return Binance({"BTC/USDT": BARS, "ETH/USDT": market(N, seed=2)}, now_ms=lambda: NOW, **more)


def source(url: str, *symbols: str, id: str = "binance", **more: Any) -> dict[str, Any]:
    return {"id": id, "symbols": symbols or ("BTC/USDT",), "since": SINCE, "base_url": url} | more


@contextmanager
def serving(provider: Any, *errors: Any, **options: Any):
    with LocalServer(provider, faults=list(errors), **options) as server:
        yield server


def stored(desk, symbol: str = "BTC/USDT") -> np.ndarray:
    return np.array(desk.rows(CLOSED.format(symbol)), dtype=float).reshape(-1, 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "id", "symbol", "n"),
    [(Binance, "binance", "BTC/USDT", N - 1), (Coinbase, "coinbase", "BTC/USD", N - 1), (Okx, "okx", "BTC/USDT", N - 1),
     (Kraken, "kraken", "BTC/USD", 719)],
)  # fmt: skip
def test_every_closed_candle_of_an_exchange_is_stored_through_all_its_pages(desk, kind, id, symbol, n):
    with serving(kind({symbol: BARS}, now_ms=lambda: NOW)) as server:
        result = desk.ingest(exchanges=[source(server.url, symbol, id=id)])
        assert (result.exit_code, result.missing) == (0, ())
        again = desk.ingest(exchanges=[source(server.url, symbol, id=id)])
    np.testing.assert_allclose(stored(desk, symbol), BARS[N - 1 - n : N - 1], rtol=1e-9)
    assert again.is_quiet
    assert desk.rows(
        "SELECT DISTINCT exchange, asset, available_ts - event_ts = INTERVAL 1 HOUR FROM core.candles"
    ) == [(id, "BTC", True)]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "id"), [(Binance, "binance"), (Okx, "okx")])
def test_perpetual_swaps_come_with_their_funding(desk, kind, id):
    rates = funding_rates(250, seed=3)
    swap = {"BTC/USDT:USDT": Listing(BARS, funding=rates)}
    with serving(kind(swap, now_ms=lambda: NOW)) as server:
        told = source(server.url, "BTC/USDT:USDT", id=id, funding=True)
        assert desk.ingest(exchanges=[told]).exit_code == 0
        assert desk.ingest(exchanges=[told]).is_quiet
    got = desk.rows("SELECT epoch_ms(event_ts), funding_rate, asset FROM core.funding ORDER BY 1")
    want = rates[rates[:, 0] <= NOW]
    np.testing.assert_allclose(np.array([r[:2] for r in got]), want[-len(got) :], rtol=1e-9)
    assert len(got) == len(want) if id == "binance" else len(got) > 100
    assert len(stored(desk, "BTC/USDT:USDT")) == N - 1


def test_a_candle_still_open_is_never_stored_and_comes_once_it_is_closed(desk):
    clock = [START + 10 * HOUR + 10_000]
    exchange = Binance({"BTC/USDT": BARS}, now_ms=lambda: clock[0])
    with serving(exchange) as server:
        desk.ingest(exchanges=[source(server.url)])
        assert len(stored(desk)) == 10
        clock[0] += HOUR
        assert desk.ingest(exchanges=[source(server.url)]).writes["candles"].new == 1
    np.testing.assert_allclose(stored(desk), BARS[:11])


@pytest.mark.parametrize("skew_ms", [-7 * 60_000, 7 * 60_000])
def test_closed_is_what_the_exchange_calls_closed_however_wrong_our_clock_is(desk, skew_ms):
    import time

    hour = int(time.time() * 1000) // HOUR * HOUR
    bars = market(50, seed=1, start_ms=hour - 49 * HOUR)
    theirs = lambda: int(time.time() * 1000) + skew_ms  # noqa: E731
    with serving(Binance({"BTC/USDT": bars}, now_ms=theirs)) as server:
        desk.ingest(exchanges=[source(server.url)])
    last_closed = theirs() // HOUR * HOUR - HOUR
    assert int(stored(desk)[-1, 0]) in (last_closed, last_closed - HOUR)
    assert int(stored(desk)[-1, 0]) <= last_closed


@pytest.mark.slow
def test_a_backfill_resumes_and_a_hole_is_filled_when_its_bars_appear(desk):
    missing = set(range(START + 500 * HOUR, START + 540 * HOUR, HOUR))
    exchange = binance(quirks=Quirks(holes={"BTC/USDT": missing}))
    with serving(exchange) as server:
        desk.ingest(exchanges=[source(server.url)])
        assert len(stored(desk)) == N - 1 - 40
        assert desk.rows("SELECT epoch_ms(start_ts), epoch_ms(end_ts) FROM ops.asked_ranges") == [
            (min(missing), max(missing))
        ]
        before = len(server.requests)
        exchange.quirks.holes = {}
        desk.ingest(exchanges=[source(server.url)])
        asked = [r for r in server.requests[before:] if "klines" in r.path]
        assert len(asked) == 1, "an old hole rests at first: only the newest bars are asked for again"
        desk.rows("UPDATE ops.asked_ranges SET asked_ts = asked_ts - INTERVAL 400 DAY")
        desk.ingest(exchanges=[source(server.url)])
    np.testing.assert_allclose(stored(desk), BARS[: N - 1])
    assert desk.rows("FROM ops.asked_ranges") == []


def test_a_revised_candle_becomes_a_new_version_and_the_old_one_stays(desk):
    exchange = binance()
    with serving(exchange) as server:
        desk.ingest(exchanges=[source(server.url)])
        exchange.revise("BTC/USDT", START + (N - 3) * HOUR, volume=777.0, after=0)
        result = desk.ingest(exchanges=[source(server.url)])
    assert (result.writes["candles"].changed, result.writes["candles"].new) == (1, 0)
    versions = desk.rows(
        f"SELECT version, volume_base, is_latest FROM core.candles_versions WHERE epoch_ms(event_ts) = "
        f"{START + (N - 3) * HOUR} AND symbol = 'BTC/USDT' ORDER BY 1"
    )
    assert [v[0] for v in versions] == [1, 2]
    assert versions[1][1:] == (777.0, True)


def test_duplicate_and_out_of_order_candles_are_stored_once_in_order(desk):
    with serving(binance(quirks=Quirks(duplicates=40, shuffled=True, overlap=30))) as server:
        assert desk.ingest(exchanges=[source(server.url)]).exit_code == 0
    np.testing.assert_allclose(stored(desk), BARS[: N - 1])


PASSING = {
    "429 with Retry-After": faults.status(429, {"Retry-After": "1"}, path="klines", times=2),
    "418 with Retry-After": faults.status(418, {"Retry-After": "1"}, path="klines"),
    "a burst of 503": faults.status(503, path="klines", times=4),
    "a burst of 500": faults.status(500, path="klines", times=3),
    "a connection reset in mid-body": faults.reset_mid_body(path="klines", times=2),
    "truncated JSON": faults.truncated(path="klines", times=2),
    "a web page instead of JSON": faults.html(path="klines", times=2),
    "an empty body": faults.empty(path="klines", times=2),
    "one hang": faults.hang(path="klines"),
    "one slow drip": faults.slow_drip(50, path="klines"),
}
LASTING = {
    "429 for an hour": (faults.status(429, {"Retry-After": "3600"}, path="klines"), "again in 3600 s"),
    "429 for ever": (faults.status(429, {"Retry-After": "0"}, path="klines", times=None), "limits our rate"),
    "451": (faults.status(451, path="klines", times=None), "not to be had from this location"),
    "403": (faults.status(403, path="klines", times=None), "HTTP 403"),
    "503 for ever": (faults.status(503, path="klines", times=None), "HTTP 503, 5 times"),
    "hanging for ever": (faults.hang(path="klines", times=None), "did not answer in full within 1.5 s"),
    "dripping for ever": (faults.slow_drip(50, path="klines", times=None), "did not answer in full within 1.5 s"),
    "resetting for ever": (faults.reset_mid_body(path="klines", times=None), "broke off its answer"),
    "truncated for ever": (faults.truncated(path="klines", times=None), "broken JSON where JSON was expected"),
    "web pages for ever": (faults.html(path="klines", times=None), "a web page where JSON was expected"),
    "a gigabyte": (faults.gigabyte(path="klines", times=None), "more than 8 MB"),
    "a gzip bomb": (faults.gzip_bomb(path="klines", times=None), "more than 8 MB"),
    "no time": (faults.status(404, path="/time", times=None), "binance"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_outlived_and_the_result_is_complete(desk, fault):
    error = PASSING[fault]
    error.taken = error.seen = 0
    with serving(binance(), error) as server:
        result = desk.ingest(exchanges=[source(server.url)])
    assert (result.exit_code, result.missing) == (0, ())
    np.testing.assert_allclose(stored(desk), BARS[: N - 1])


@pytest.mark.slow
@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_costs_the_exchange_alone_and_the_night_says_why(desk, fault, tmp_path):
    error, reason = LASTING[fault]
    error.taken = error.seen = 0
    (tmp_path / "a.csv").write_text(
        "exchange,symbol,timeframe,ts,open,high,low,close,volume\nfile,X/USD,1h,2024-01-01T00:00:00Z,1,2,1,2,5\n"
    )
    files = {"root": tmp_path, "tables": [{"path": "a.csv", "shape": "candles"}]}
    with serving(binance(), error) as server:
        result = desk.ingest(exchanges=[source(server.url)], files=files)
    assert result.exit_code == 3
    assert [name for name, _ in result.missing] == ["exchange:binance:BTC/USDT:1h"]
    assert reason in result.missing[0][1]
    assert len(stored(desk)) == 0
    assert len(stored(desk, "X/USD")) == 1
    told = desk.rows("SELECT delivered, reason FROM ops.source_status WHERE source LIKE 'exchange%'")
    assert told == [(False, result.missing[0][1])]


def test_a_rate_limit_told_inside_a_good_answer_is_waited_out(desk):
    error = faults.transform(lambda body: RATE_LIMITED, path="OHLC", times=2)
    with serving(Kraken({"BTC/USD": BARS}, now_ms=lambda: NOW), error) as server:
        assert desk.ingest(exchanges=[source(server.url, "BTC/USD", id="kraken")]).exit_code == 0
    assert len(stored(desk, "BTC/USD")) == 719


def test_a_failure_in_the_middle_keeps_what_came_and_the_next_run_goes_on(desk):
    error = faults.status(503, path="klines", times=None, skip=2)
    exchange = binance()
    with serving(exchange, error) as server:
        first = desk.ingest(exchanges=[source(server.url)])
        assert first.exit_code == 1  # nothing else was there to deliver
        server.faults.clear()
        assert desk.ingest(exchanges=[source(server.url)]).exit_code == 0
    np.testing.assert_allclose(stored(desk), BARS[: N - 1])


def test_wrong_types_are_refused_with_a_reason_and_never_stored(desk):
    with serving(binance(), faults.wrong_types(path="klines", times=None)) as server:
        result = desk.ingest(exchanges=[source(server.url)])
    assert result.missing or result.writes["candles"].quarantined
    assert len(stored(desk)) == 0


def test_an_unknown_symbol_costs_itself_only_and_the_near_ones_are_named(desk):
    with serving(binance()) as server:
        result = desk.ingest(exchanges=[source(server.url, "BTC/USDT", "ETH/USDC")])
    assert result.exit_code == 3
    assert "lists no ETH/USDC" in result.missing[0][1]
    assert "ETH/USDT" in result.missing[0][1]
    assert len(stored(desk)) == N - 1


def test_a_market_listed_but_without_candles_is_delivered_empty(desk):
    with serving(Binance({"NEW/USDT": BARS[:0], "BTC/USDT": BARS}, now_ms=lambda: NOW)) as server:
        result = desk.ingest(exchanges=[source(server.url, "NEW/USDT")])
    assert (result.exit_code, result.missing) == (0, ())


def test_a_market_that_was_listed_later_or_delisted_is_asked_for_once(desk):
    listed, ended = START + 800 * HOUR, START + 1_500 * HOUR
    listing = Listing(BARS[800:1500], delisted_ms=ended)
    with serving(Binance({"OLD/USDT": listing, "BTC/USDT": BARS}, now_ms=lambda: NOW)) as server:
        result = desk.ingest(exchanges=[source(server.url, "OLD/USDT")])
        assert result.exit_code == 0
        first = len(server.requests)
        desk.ingest(exchanges=[source(server.url, "OLD/USDT")])
        assert len(server.requests) - first <= 5
    assert stored(desk, "OLD/USDT")[:, 0].min() == listed
    assert len(stored(desk, "OLD/USDT")) == 700


def test_an_unknown_exchange_says_so(desk):
    result = desk.ingest(exchanges=[source("http://127.0.0.1:9", id="binanza")])
    assert "ccxt knows no exchange 'binanza'" in result.missing[0][1]


def test_the_agent_says_who_we_are_and_no_key_is_sent(desk):
    with serving(binance()) as server:
        desk.ingest(exchanges=[source(server.url)], network={"contact": "desk@example.org"})
    assert all(r.headers["user-agent"].startswith("tapewire/") for r in server.requests)
    assert all("desk@example.org" in r.headers["user-agent"] for r in server.requests)
    assert not any("key" in h.lower() or h == "authorization" for r in server.requests for h in r.headers)


def test_once_the_circuit_is_open_the_other_symbols_fail_at_once(desk):
    symbols = {f"A{i}/USDT": BARS for i in range(12)}
    error = faults.status(503, path="klines", times=None)
    with serving(Binance(symbols, now_ms=lambda: NOW), error) as server:
        result = desk.ingest(exchanges=[source(server.url, *symbols)], network={"breaker_s": 60, "workers": 2})
        asked = sum("klines" in r.path for r in server.requests)
    assert len(result.missing) == 12
    assert asked <= 5 * 4
    assert "is left alone" in result.missing[-1][1]


def test_okx_limits_are_waited_out_too(desk):
    error = faults.transform(lambda body: OKX_LIMITED, path="candles", times=1)
    with serving(Okx({"BTC/USDT": BARS}, now_ms=lambda: NOW), error) as server:
        assert desk.ingest(exchanges=[source(server.url, "BTC/USDT", id="okx")]).exit_code == 0


@pytest.mark.slow
def test_a_clock_that_had_to_be_asked_twice_closes_no_bar_too_early(desk):
    import time

    began = time.time()
    clock = lambda: START + 10 * HOUR - 500 + int((time.time() - began) * 1000)  # noqa: E731  (half a second to go)
    slow = faults.status(429, {"Retry-After": "2"}, path="/time")
    with serving(Binance({"BTC/USDT": BARS}, now_ms=clock), slow) as server:
        desk.ingest(exchanges=[source(server.url)])
    assert len(stored(desk)) == 9, "the tenth has been closed for less than five seconds"


@pytest.mark.slow
def test_a_backfill_reaches_funding_that_lies_before_what_is_stored(desk):
    rates = funding_rates(250, seed=3)
    with serving(Binance({"BTC/USDT:USDT": Listing(BARS, funding=rates)}, now_ms=lambda: NOW)) as server:
        late = source(server.url, "BTC/USDT:USDT", funding=True) | {"since": moment(START + 1500 * HOUR)}
        desk.ingest(exchanges=[late])
        few = desk.rows("SELECT count(*) FROM core.funding")[0][0]
        desk.ingest(exchanges=[late | {"since": SINCE}])
        assert desk.rows("SELECT count(*) FROM core.funding")[0][0] == 250 > few
        before = len(server.asked("fundingRate"))
        desk.ingest(exchanges=[late | {"since": SINCE}])
        assert len(server.asked("fundingRate")) - before <= 2
