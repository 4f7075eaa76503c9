"""The Binance archives, over HTTP and from a folder, in good order and spoilt."""

import hashlib
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.providers import faults
from tests.providers.binance_archive import BinanceArchive, write_archive
from tests.providers.candles import HOUR, Listing, Quirks, funding_rates, market
from tests.providers.server import LocalServer

START_2024_11 = 1_730_419_200_000
N = 24 * 100
BARS = market(N, seed=1, start_ms=START_2024_11)  # into 2025: milliseconds, then microseconds
AS_OF = datetime(2025, 2, 5, 12, tzinfo=UTC)
NOW_MS = int(AS_OF.timestamp() * 1000)
CLOSED = NOW_MS // (24 * HOUR) * 24 * HOUR  # the archive has whole days
FROM = datetime(2024, 11, 1, tzinfo=UTC)


def archive(**more) -> BinanceArchive:
    return BinanceArchive({"BTC/USDT": BARS}, lambda: NOW_MS, **more)


def told(location: str, *symbols: str, **more):
    return {"location": location, "symbols": symbols or ("BTC/USDT",), "since": FROM} | more


def stored(desk) -> np.ndarray:
    rows = desk.rows(
        "SELECT epoch_ms(event_ts), open_quote, high_quote, low_quote, close_quote, volume_base "
        "FROM core.candles ORDER BY 1"
    )
    return np.array(rows, dtype=float).reshape(-1, 6)


def test_months_and_days_with_both_kinds_of_stamps_become_one_history(desk):
    with LocalServer(archive()) as server:
        result = desk.ingest(archives=[told(server.url)], as_of=AS_OF)
        assert (result.exit_code, result.missing) == (0, ())
        asked = len(server.requests)
        again = desk.ingest(archives=[told(server.url)], as_of=AS_OF)
        assert again.is_quiet
        assert len(server.requests) - asked < asked, "files that were read are not fetched again"
    np.testing.assert_allclose(stored(desk), BARS[BARS[:, 0] < CLOSED], rtol=1e-9)


def test_a_folder_of_the_same_layout_gives_the_same_rows(desk, tmp_path):
    write_archive(archive(), tmp_path / "archive", every=("monthly", "daily"))
    assert desk.ingest(archives=[told(str(tmp_path / "archive"))], as_of=AS_OF).exit_code == 0
    np.testing.assert_allclose(stored(desk), BARS[BARS[:, 0] < CLOSED], rtol=1e-9)


def test_futures_with_their_header_line_and_funding(desk):
    rates = funding_rates(300, seed=2, start_ms=START_2024_11)
    swap = BinanceArchive({"BTC/USDT:USDT": Listing(BARS, funding=rates)}, lambda: NOW_MS)
    with LocalServer(swap) as server:
        result = desk.ingest(archives=[told(server.url, "BTC/USDT:USDT", funding=True)], as_of=AS_OF)
    assert result.missing == ()
    assert desk.rows("SELECT DISTINCT symbol, asset FROM core.candles") == [("BTC/USDT:USDT", "BTC")]
    got = desk.rows("SELECT epoch_ms(event_ts), funding_rate FROM core.funding ORDER BY 1")
    assert desk.rows("SELECT DISTINCT interval_h FROM core.funding") == [(8.0,)]
    months = rates[rates[:, 0] < 1_738_368_000_000]  # funding comes in whole months only
    np.testing.assert_allclose(np.array(got), months[: len(got)])
    assert len(got) == len(months)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("checksum", "does not have the checksum"), ("corrupt", "no complete zip"), ("not a zip", "no complete zip"),
     ("bomb", "unzips to more than"), ("second member", "expected one .csv"), ("traversal", "expected one .csv")],
)  # fmt: skip
def test_a_spoilt_file_is_left_out_with_the_reason_and_the_others_are_stored(desk, kind, reason):
    with LocalServer(archive(spoilt={"BTCUSDT-1h-2024-12": kind})) as server:
        result = desk.ingest(archives=[told(server.url)], as_of=AS_OF)
    assert reason in result.missing[0][1]
    december = (BARS[:, 0] >= START_2024_11 + 30 * 24 * HOUR) & (BARS[:, 0] < 1_735_689_600_000)
    np.testing.assert_allclose(stored(desk), BARS[(BARS[:, 0] < CLOSED) & ~december])


def test_garbled_rows_are_refused_alone_or_the_file_as_a_whole(desk):
    with LocalServer(archive(spoilt={"BTCUSDT-1h-2024-12": "garbled"})) as server:
        result = desk.ingest(archives=[told(server.url)], as_of=AS_OF)
    assert result.missing or result.writes["candles"].quarantined
    assert np.isin(stored(desk)[:, 4], BARS[:, 4]).all()


def test_an_archive_without_the_symbol_says_so(desk):
    with LocalServer(archive()) as server:
        result = desk.ingest(archives=[told(server.url, "NOPE/USDT")], as_of=AS_OF)
    assert "has no 1h of NOPE/USDT since 2024-11-01" in result.missing[0][1]


def test_an_archive_that_is_down_is_missing_with_the_reason(desk):
    with LocalServer(archive(), faults=[faults.status(503, times=None)]) as server:
        result = desk.ingest(archives=[told(server.url)], as_of=AS_OF)
    assert "HTTP 503" in result.missing[0][1]


def test_the_archive_and_the_exchange_agree_row_for_row(desk):
    from tests.providers.binance import Binance

    with LocalServer(archive()) as files, LocalServer(Binance({"BTC/USDT": BARS}, lambda: NOW_MS)) as live:
        desk.ingest(archives=[told(files.url)], as_of=AS_OF)
        exchange = {"id": "binance", "symbols": ["BTC/USDT"], "since": FROM, "base_url": live.url}
        result = desk.ingest(exchanges=[exchange])
        klines = [r for r in live.requests if "klines" in r.path]
    assert len(klines) == 1, "what the archive brought is not asked for again"
    assert result.writes["candles"].quarantined == result.writes["candles"].changed == 0
    np.testing.assert_allclose(stored(desk), BARS[BARS[:, 0] + HOUR < NOW_MS], rtol=1e-9)


def test_a_run_that_looks_from_the_past_costs_no_later_run_its_bars(desk):
    with LocalServer(archive()) as server:
        desk.ingest(archives=[told(server.url)], as_of=datetime(2024, 12, 15, tzinfo=UTC))
        assert desk.ingest(archives=[told(server.url)], as_of=AS_OF).exit_code == 0
    np.testing.assert_allclose(stored(desk), BARS[BARS[:, 0] < CLOSED], rtol=1e-9)


@pytest.mark.slow
def test_a_month_that_lacks_bars_is_filled_from_its_days_and_read_again_once_it_is_mended(desk, tmp_path):
    whole, short = tmp_path / "whole", tmp_path / "short"
    write_archive(archive(), whole, every=("monthly", "daily"))
    november = set(range(START_2024_11, START_2024_11 + 24 * 30 * HOUR, HOUR))
    later = set(range(START_2024_11 + 24 * 7 * HOUR, START_2024_11 + 24 * 30 * HOUR, HOUR))
    write_archive(archive(quirks=Quirks(holes={"BTC/USDT": later})), short)
    name = next(short.rglob("*1h-2024-11.zip")).relative_to(short)
    kept = {path: (whole / path).read_bytes() for path in (name, Path(f"{name}.CHECKSUM"))}

    def bars(as_of: datetime) -> int:
        assert desk.ingest(archives=[told(str(whole))], as_of=as_of).exit_code == 0
        return len(november & set(stored(desk)[:, 0].astype(int)))

    for path in kept:
        (whole / path).write_bytes((short / path).read_bytes())
    assert bars(AS_OF) == 720, "the days are there"
    days = next(whole.rglob("daily"))
    shutil.rmtree(days)
    for path, body in kept.items():
        (whole / path).write_bytes(body)
    desk.rows(f"DELETE FROM core.candles_versions WHERE epoch_ms(event_ts) IN ({min(later)}, {max(later)})")
    assert bars(AS_OF + timedelta(days=300)) == 720, "ten months later the mended month is read"


@pytest.mark.slow
def test_old_months_that_are_not_there_are_asked_for_once(desk):
    early = told("", since=datetime(2020, 1, 1, tzinfo=UTC))
    with LocalServer(archive()) as server:
        desk.ingest(archives=[early | {"location": server.url}], as_of=AS_OF)
        asked = len(server.asked("-2020-"))
        desk.ingest(archives=[early | {"location": server.url}], as_of=AS_OF)
        assert asked == len(server.asked("-2020-")) == 12


@pytest.mark.slow
def test_a_month_without_its_own_file_is_filled_from_its_days_however_old_it_is(desk, tmp_path):
    write_archive(archive(), tmp_path, every=("monthly", "daily"))
    for part in tmp_path.rglob("*1h-2024-12.zip*"):
        part.unlink()
    assert desk.ingest(archives=[told(str(tmp_path))], as_of=AS_OF + timedelta(days=400)).exit_code == 0
    december = (1_733_011_200_000, 1_735_689_600_000)
    got = [ms for ms in stored(desk)[:, 0] if december[0] <= ms < december[1]]
    assert len(got) == 744


@pytest.mark.slow
def test_a_month_that_gives_rows_twice_and_lacks_others_is_short(desk, tmp_path):
    write_archive(archive(), tmp_path, every=("monthly", "daily"))
    name = next(p for p in tmp_path.rglob("*1h-2024-11.zip"))
    with zipfile.ZipFile(name) as packed:
        member = packed.namelist()[0]
        rows = packed.read(member).splitlines()
    body = b"\n".join(rows[:360] * 2)
    with zipfile.ZipFile(name, "w") as packed:
        packed.writestr(member, body)
    Path(f"{name}.CHECKSUM").write_text(f"{hashlib.sha256(name.read_bytes()).hexdigest()}  {name.name}\n")
    assert desk.ingest(archives=[told(str(tmp_path))], as_of=AS_OF).exit_code == 0
    november = range(START_2024_11, START_2024_11 + 24 * 30 * HOUR, HOUR)
    assert len(set(november) & set(stored(desk)[:, 0].astype(int))) == 720
