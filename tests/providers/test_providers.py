"""The simulated providers answer unmodified clients as the real ones are documented to."""

import asyncio
import calendar
import csv
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import feedparser
import numpy as np
import polars as pl
import pytest

from tests.providers import newsroom
from tests.providers.binance import Binance
from tests.providers.binance_archive import MICROSECONDS_FROM, BinanceArchive, write_archive
from tests.providers.candles import DAY, HOUR, START, Exchange, Listing, coarser, funding_rates, market
from tests.providers.clients import point_at
from tests.providers.coinbase import Coinbase
from tests.providers.coinmetrics import CoinMetrics, network
from tests.providers.defillama import DAY_S, START_S, DefiLlama, example_coins
from tests.providers.kraken import Kraken
from tests.providers.newsroom import Feed, Item, Newsroom, releases, robots_text
from tests.providers.okx import Okx
from tests.providers.server import LocalServer

FIRST = int(time.time() * 1000) // HOUR * HOUR - 1500 * HOUR  # ccxt asks the machine's clock: the market is of today
NOW = FIRST + 1500 * HOUR + 20 * 60_000
BARS = market(1501, 1, start_ms=FIRST)
QUOTE = {Binance: "USDT", Kraken: "USD", Coinbase: "USD", Okx: "USDT"}
EXCHANGES = pytest.mark.parametrize("kind", list(QUOTE), ids=lambda kind: kind.__name__)
PAGED = pytest.mark.parametrize("kind", [Binance, Coinbase, Okx], ids=lambda kind: kind.__name__)


def simulated(kind: type[Exchange], **more: Listing) -> Any:
    """An exchange with BTC, a delisted OLD, and a perpetual where there are some."""
    quote = QUOTE[kind]
    listings = {f"BTC/{quote}": Listing(BARS), f"OLD/{quote}": Listing(BARS, delisted_ms=FIRST + 50 * HOUR)}
    if kind in (Binance, Okx):
        listings["BTC/USDT:USDT"] = Listing(BARS, funding=funding_rates(180, 2, start_ms=FIRST))
    return kind(listings | more, lambda: NOW)


def through_ccxt(provider: Any, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `ask` gets from the provider through ccxt's own async client."""

    async def run(url: str) -> Any:
        client = point_at(getattr(ccxt, type(provider).__name__.lower())({"enableRateLimit": False}), url)
        client.timeout_on_exit = 0
        try:
            return await ask(client)
        finally:
            await client.close()

    with LocalServer(provider) as server:
        return asyncio.run(run(server.url))


def get(provider: Any, path: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers (in any case) of one request, redirects not followed."""

    async def run(url: str) -> tuple[int, bytes, Mapping[str, str]]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with aiohttp.ClientSession() as session, session.get(url, headers=names, allow_redirects=False) as answer:
            return answer.status, await answer.read(), answer.headers

    with LocalServer(provider) as server:
        return asyncio.run(run(server.url + path))


def json_of(provider: Any, path: str) -> Any:
    return json.loads(get(provider, path)[1])


@EXCHANGES
def test_ccxt_lists_the_markets_and_reads_the_clock(kind: type[Exchange]) -> None:
    async def ask(client: Any) -> Any:
        return await client.load_markets(), await client.fetch_time()

    provider = simulated(kind)
    provider.quirks.clock_skew_ms = -180_000
    markets, clock = through_ccxt(provider, ask)
    assert {symbol: one["active"] for symbol, one in markets.items() if symbol in provider.listings} == {
        symbol: not symbol.startswith("OLD") for symbol in provider.listings
    }
    assert abs(clock - (NOW - 180_000)) <= 1000
    assert all(one["swap"] and one["linear"] for symbol, one in markets.items() if ":" in symbol)


@EXCHANGES
def test_the_last_candle_is_the_unfinished_one(kind: type[Exchange]) -> None:
    since = FIRST + 1490 * HOUR
    rows = through_ccxt(simulated(kind), lambda c: c.fetch_ohlcv(f"BTC/{QUOTE[kind]}", "1h", since))
    assert np.array_equal(rows[:-1], BARS[1490:1500])
    assert rows[-1][0] == FIRST + 1500 * HOUR
    assert 0 < rows[-1][5] < BARS[1500, 5]


@PAGED
def test_pages_that_follow_each_other_give_the_whole_history(kind: type[Exchange]) -> None:
    async def ask(client: Any) -> list[list[float]]:
        rows: list[list[float]] = []
        while page := await client.fetch_ohlcv(f"BTC/{QUOTE[kind]}", "1h", rows[-1][0] + 1 if rows else FIRST, 1000):
            rows += page
        return rows

    assert np.array_equal(np.array(through_ccxt(simulated(kind), ask))[:1500], BARS[:1500])


def test_kraken_gives_the_newest_720_whatever_since_says() -> None:
    rows = through_ccxt(simulated(Kraken), lambda c: c.fetch_ohlcv("BTC/USD", "1h", FIRST))
    assert [rows[0][0], len(rows)] == [FIRST + 781 * HOUR, 720]


@pytest.mark.parametrize("kind", [Binance, Okx], ids=lambda kind: kind.__name__)
def test_perpetuals_have_candles_and_funding(kind: type[Exchange]) -> None:
    async def ask(client: Any) -> Any:
        symbol = "BTC/USDT:USDT"
        return await client.fetch_ohlcv(symbol, "1h", FIRST, 10), await client.fetch_funding_rate_history(symbol, FIRST)

    rows, rates = through_ccxt(simulated(kind), ask)
    given = funding_rates(180, 2, start_ms=FIRST)
    assert np.array_equal(rows, BARS[:10])
    assert [(r["timestamp"], r["fundingRate"]) for r in rates] == [tuple(row) for row in given[: len(rates)]]
    assert len(rates) == (100 if kind is Binance else 180)


@EXCHANGES
def test_a_delisted_market_keeps_its_history_and_an_unknown_one_is_an_error(kind: type[Exchange]) -> None:
    provider = simulated(kind)

    async def ask(client: Any) -> Any:
        rows = await client.fetch_ohlcv(f"OLD/{QUOTE[kind]}", "1h", FIRST)
        provider.listings.clear()
        with pytest.raises(ccxt.ExchangeError) as refused:
            await client.fetch_ohlcv(f"OLD/{QUOTE[kind]}", "1h", FIRST)
        return rows, refused.type

    rows, refused = through_ccxt(provider, ask)
    assert np.array_equal(rows, BARS[:50])
    assert (refused is ccxt.BadSymbol) == (kind in (Binance, Okx))


@EXCHANGES
def test_what_is_odd_reaches_the_client(kind: type[Exchange]) -> None:
    symbol, since = f"BTC/{QUOTE[kind]}", FIRST + 1440 * HOUR
    provider = simulated(kind)
    provider.quirks = replace(provider.quirks, holes={symbol: {since + HOUR}}, duplicates=2, shuffled=True)
    provider.revise(symbol, since, close=1.0, after=1)

    async def ask(client: Any) -> Any:
        pages = [await client.fetch_ohlcv(symbol, "1h", since) for _ in range(2)]
        provider.quirks.silent = [symbol]
        return [*pages, await client.fetch_ohlcv(symbol, "1h", since)]

    first, second, third = through_ccxt(provider, ask)
    opens = [row[0] for row in first]
    assert since + HOUR not in opens
    assert len(opens) == len(set(opens)) + 2
    assert [first[0][4], next(row[4] for row in second if row[0] == since)] == [BARS[1440, 4], 1.0]
    assert third == []


def test_the_second_page_can_overlap_the_first() -> None:
    provider = simulated(Binance)
    provider.quirks.overlap = 3
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=5&startTime={FIRST + 10 * HOUR}"
    opens = [[(row[0] - FIRST) // HOUR for row in json_of(provider, path)] for _ in range(3)]
    assert opens == [[*range(10, 15)], [*range(7, 15)], [*range(10, 15)]]


def test_errors_have_the_form_of_each_exchange() -> None:
    wide = f"candles?start={FIRST // 1000}&end={NOW // 1000}&granularity=ONE_HOUR"
    answers = [
        get(simulated(Binance), "/api/v3/klines?symbol=NOUSDT&interval=1h"),
        get(simulated(Kraken), "/0/public/OHLC?pair=NOUSD&interval=60"),
        get(simulated(Coinbase), "/api/v3/brokerage/market/products/BTC-USD/" + wide),
        get(simulated(Okx), "/api/v5/market/candles?instId=NO-USDT"),
    ]
    assert [status for status, _, _ in answers] == [400, 200, 400, 200]
    expected = ['"code":-1121', '["EQuery:Unknown asset pair"]', "should be less than 350", '"code":"51001"']
    assert all(text in body.decode() for text, (_, body, _) in zip(expected, answers, strict=True))


def test_okx_pages_backwards_and_its_days_begin_in_hong_kong_unless_told_otherwise() -> None:
    path = f"/api/v5/market/history-candles?instId=BTC-USDT&bar=1H&limit=4&after={FIRST + 10 * HOUR}"
    rows = json_of(simulated(Okx), path)["data"]
    assert [(int(row[0]) - FIRST) // HOUR for row in rows] == [9, 8, 7, 6]
    for bar, hour in (("1D", 16), ("1Dutc", 0)):
        rows = json_of(simulated(Okx), f"/api/v5/market/candles?instId=BTC-USDT&bar={bar}")["data"]
        assert int(rows[0][0]) // HOUR % 24 == hour


@pytest.mark.parametrize(("every", "length"), [("1d", DAY), ("4h", 4 * HOUR), ("1w", 7 * DAY)])
def test_coarser_bars_are_those_that_polars_makes(every: str, length: int) -> None:
    names = ["t", "open", "high", "low", "close", "volume"]
    frame = pl.DataFrame(BARS, schema=names, orient="row")
    stamped = frame.with_columns(pl.col("t").cast(pl.Int64).cast(pl.Datetime("ms")))
    made = stamped.group_by_dynamic("t", every=every).agg(
        pl.first("open"), pl.max("high"), pl.min("low"), pl.last("close"), pl.sum("volume")
    )
    expected = made.with_columns(pl.col("t").cast(pl.Int64).cast(pl.Float64)).to_numpy()
    assert np.allclose(coarser(BARS, length), expected)


def test_bars_can_be_given_as_a_frame_with_timestamps() -> None:
    frame = pl.DataFrame(BARS, schema=["ts", "o", "h", "l", "c", "v"], orient="row")
    stamped = frame.with_columns(pl.col("ts").cast(pl.Int64).cast(pl.Datetime("ms")).dt.cast_time_unit("us"))
    for given in (frame, stamped):
        assert np.array_equal(Binance({"BTC/USDT": given}, lambda: NOW + DAY).visible("BTC/USDT", "1h"), BARS)


def rows_of(content: bytes) -> list[list[str]]:
    packed = zipfile.ZipFile(io.BytesIO(content))
    return list(csv.reader(packed.read(packed.namelist()[0]).decode().splitlines()))


def archive(**spoilt: str) -> BinanceArchive:
    bars = market(24 * 500, 1)
    listings = {"BTC/USDT": Listing(bars), "BTC/USDT:USDT": Listing(bars, funding=funding_rates(1500, 1))}
    return BinanceArchive(listings, lambda: START + 450 * DAY, spoilt=spoilt)


def test_the_archive_has_checksums_microseconds_from_2025_and_headers_for_futures() -> None:
    spot, future = "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-{}.zip", "/data/futures/um/daily/klines/BTCUSDT/1h/"
    content = get(archive(), spot.format("2024-12"))[1]
    expected = hashlib.sha256(content).hexdigest() + "  BTCUSDT-1h-2024-12.zip\n"
    assert get(archive(), spot.format("2024-12") + ".CHECKSUM")[1].decode() == expected
    assert [len(rows_of(content)), rows_of(content)[-1][0]] == [744, str(MICROSECONDS_FROM - HOUR)]
    assert rows_of(get(archive(), spot.format("2025-01"))[1])[0][::6][:2] == ["1735689600000000", "1735693199999999"]
    rows = rows_of(get(archive(), future + "BTCUSDT-1h-2025-01-01.zip")[1])
    assert [rows[0][0], rows[1][0], len(rows)] == ["open_time", "1735689600000", 25]
    funding = rows_of(get(archive(), "/data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-01.zip")[1])
    assert [funding[0][2], len(funding)] == ["last_funding_rate", 94]


def test_a_month_that_is_not_over_is_not_in_the_archive() -> None:
    status, body, headers = get(archive(), "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2025-03.zip")
    assert [status, headers["Content-Type"]] == [404, "application/xml"]
    assert b"<Code>NoSuchKey</Code>" in body


def test_files_of_the_archive_can_be_spoilt() -> None:
    path = "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02.zip"
    members = {}
    for kind in ("checksum", "corrupt", "bomb", "second member", "traversal"):
        spoilt = archive(**{"1h-2024-02": kind})
        content, checksum = spoilt.content(path), spoilt.content(path + ".CHECKSUM")
        assert content is not None and checksum is not None
        is_announced = checksum.decode().startswith(hashlib.sha256(content).hexdigest())
        assert is_announced == (kind != "checksum")
        members[kind] = zipfile.ZipFile(io.BytesIO(content)).infolist()
        if kind == "bomb":
            assert len(content) < 2 << 20
            with zipfile.ZipFile(io.BytesIO(content)).open(members[kind][0]) as member:
                assert member.read(1 << 20) == bytes(1 << 20)
    assert members["bomb"][0].file_size > 1 << 30
    assert members["traversal"][0].filename == "../../escaped.csv"
    assert len(members["second member"]) == 2


def test_the_archive_can_be_written_to_a_folder(tmp_path: Path) -> None:
    files = write_archive(archive(), tmp_path)
    assert len(files) == 14 * 3
    assert files[0].relative_to(tmp_path).as_posix() == "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip"
    assert files[0].with_name(files[0].name + ".CHECKSUM").exists()


def test_stablecoins_have_their_shapes_and_a_last_point_at_now() -> None:
    now = START_S + 60 * DAY_S + 18_000
    llama = DefiLlama(example_coins(90, 1), lambda: now * 1000)
    llama.gaps["1", "Tron"] = {START_S + 5 * DAY_S}
    llama.restate("1", START_S, 2.0, after=1)
    assets = json_of(llama, "/stablecoins?includePrices=true")["peggedAssets"]
    one, again = json_of(llama, "/stablecoin/1"), json_of(llama, "/stablecoin/1")
    chart, prices = json_of(llama, "/stablecoincharts/all?stablecoin=50"), json_of(llama, "/stablecoinprices")
    assert [asset["symbol"] for asset in assets].count("USDC") == 2
    assert {asset["pegType"] for asset in assets} == {"peggedUSD", "peggedEUR"}
    assert [one["tokens"][-1]["date"], one["tokens"][-2]["date"]] == [now, START_S + 60 * DAY_S]
    assert len(one["chainBalances"]["Tron"]["tokens"]) == len(one["tokens"]) - 1
    assert one["tokens"][0] == again["tokens"][0]  # the list was the first answer about the coin: both are restated
    assert chart[-1]["date"] == str(now) and set(chart[-1]["totalCirculating"]) == {"peggedEUR"}
    assert [prices[0]["date"], prices[1]["date"]] == [0, START_S]
    assert get(llama, "/stablecoin/77")[0] == 400


def test_network_figures_come_in_pages_from_the_end() -> None:
    eth = {name: series for name, series in network(300, 2).items() if name != "TxCnt"}
    provider = CoinMetrics({"btc": network(300, 1), "eth": eth}, lambda: START + 200 * DAY, paid={"NVTAdj90"})
    path = "/v4/timeseries/asset-metrics?assets=btc,eth&metrics=AdrActCnt,TxCnt&page_size=150"
    pages = []
    while path:
        pages.append(json_of(provider, path))
        path = "/v4/" + pages[-1]["next_page_url"].split("/v4/")[1] if "next_page_url" in pages[-1] else ""
    assert [len(page["data"]) for page in pages] == [150, 150, 100]
    last = pages[0]["data"][-1]
    assert [last["asset"], last["time"], last["TxCnt"]] == ["eth", "2024-07-18T00:00:00.000000000Z", None]
    assert last["AdrActCnt"].isdigit()
    asked = "/v4/timeseries/asset-metrics?assets=btc&metrics=AdrActCnt,NVTAdj90"
    status, body, _ = get(provider, asked)
    assert [status, json.loads(body)["error"]["type"]] == [403, "forbidden"]
    assert set(json_of(provider, asked + "&ignore_forbidden_errors=true")["data"][0]) == {"asset", "time", "AdrActCnt"}
    assert json_of(provider, asked.replace("btc", "doge"))["error"]["type"] == "bad_parameter"
    table = pl.read_csv(get(provider, "/coinmetrics/data/master/csv/btc.csv")[1])
    assert table.shape == (200, 7)


@pytest.mark.parametrize("kind", ["rss", "atom", "rdf"])
def test_feedparser_reads_every_kind_of_feed(kind: str) -> None:
    items = releases(3, 1)
    parsed = feedparser.parse(get(Newsroom({"/feed": Feed(items, kind=kind)}), "/feed")[1])
    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == [item.title for item in items]
    stamps = [calendar.timegm(entry.get("published_parsed") or entry.updated_parsed) for entry in parsed.entries]
    assert stamps == [item.published.timestamp() for item in items if item.published]
    assert all(entry.link.endswith(item.link) for entry, item in zip(parsed.entries, items, strict=True))
    assert parsed.entries[0].content[0].value == items[0].content


def test_a_feed_that_has_not_changed_is_304_and_one_that_has_is_not() -> None:
    room = Newsroom({"/feed": Feed(releases(3, 1))})
    headers = get(room, "/feed")[2]
    assert get(room, "/feed", If_None_Match=headers["ETag"])[0] == 304
    assert get(room, "/feed", If_Modified_Since=headers["Last-Modified"])[0] == 304
    room.change("/feed", room.feeds["/feed"].items[0].id, title="Corrected")
    status, body, _ = get(room, "/feed", If_None_Match=headers["ETag"])
    assert [status, feedparser.parse(body).entries[0].title] == [200, "Corrected"]


@pytest.mark.parametrize(("encoding", "declared"), [("latin-1", "utf-8"), ("utf-16", None), ("windows-1251", None)])
def test_feeds_come_in_other_encodings_than_utf_8(encoding: str, declared: str | None) -> None:
    title = "Биткоин растёт" if encoding == "windows-1251" else "Zürich übernimmt"
    body = get(Newsroom({"/feed": Feed([Item(title, "/x")], encoding=encoding, declared=declared)}), "/feed")[1]
    assert title.encode(encoding)[-4:] in body
    assert feedparser.parse(body).entries[0].title == title


@pytest.mark.parametrize("spoilt", newsroom.SPOILT)
def test_spoilt_feeds_are_served_and_no_entity_is_fetched(spoilt: str) -> None:
    body = get(Newsroom({"/feed": Feed(releases(3, 1), spoilt=spoilt)}), "/feed")[1]
    with LocalServer(Newsroom({})) as server:
        parsed = feedparser.parse(body.replace(b"http://", server.url.encode() + b"/?", 1))
        assert parsed.bozo or not parsed.entries
        assert server.requests == []
    assert b"root:" not in str(parsed).encode()


def test_odd_items_robots_redirects_and_articles_are_served() -> None:
    items = [
        Item("No date", "/a"),
        Item("No zone", "/b", date_text="2024-01-05 10:00:00"),
        Item("<script>alert(1)</script>Hello", "/c", guid="same", cdata=True, content="<p>Body of it.</p>"),
        Item("Again", "/d", datetime(2099, 1, 1, tzinfo=UTC), guid="same"),
    ]
    redirects = {"/old": "/feed", "/loop": "/loop"}
    room = Newsroom({"/feed": Feed(items)}, robots=robots_text(allow=False), redirects=redirects)
    entries = feedparser.parse(get(room, "/feed")[1]).entries
    assert [entry.get("published") for entry in entries[:2]] == [None, "2024-01-05 10:00:00"]
    assert "<script>" in entries[2].title and entries[2].id == entries[3].id
    assert [get(room, "/old")[2]["Location"][-5:], get(room, "/loop")[0]] == ["/feed", 301]
    assert b"Disallow: /\n" in get(room, "/robots.txt")[1]
    room.robots = 500
    assert get(room, "/robots.txt")[0] == 500
    article = get(room, "/c")[1]
    assert b"<p>Body of it.</p>" in article and b"<nav>" in article
