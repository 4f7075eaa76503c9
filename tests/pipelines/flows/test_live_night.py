"""A whole live night from the command line, over local servers of every provider; again; with one of them blocked."""

import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.kits.command import plain_night
from tests.providers import faults
from tests.providers.binance import Binance
from tests.providers.candles import DAY, HOUR, START, Listing, funding_rates, market
from tests.providers.coinbase import Coinbase
from tests.providers.coinmetrics import CoinMetrics
from tests.providers.defillama import Coin, DefiLlama, history, price_history
from tests.providers.newsroom import Feed, Newsroom, releases
from tests.providers.server import LocalServer

pytestmark = pytest.mark.slow

WORDS = os.environ.get("TAPEWIRE_TEST_WORDS") == "1"  # half a minute more: the packaged language models judge the feed
DAYS = 130
N_RELEASES = 20
NOW = START + DAYS * DAY - HOUR // 2
AS_OF = datetime.fromtimestamp(NOW / 1000, UTC)
GECKO = {"USDT": "tether", "USDC": "usd-coin", "DAI": "dai", "BUSD": "binance-usd", "USDP": "paxos-standard"}


def _coins() -> list[Coin]:
    return [
        Coin(str(i), f"Simulated {ticker}", ticker, gecko, {"Ethereum": history(DAYS, i, amount=1e10 / i)},
             price_history(DAYS, i)) for i, (ticker, gecko) in enumerate(GECKO.items(), 1)
    ]  # fmt: skip


def _figures() -> CoinMetrics:
    days = START + DAY * np.arange(DAYS)
    series = {"PriceUSD": np.full(DAYS, 100.0), "SplyCur": np.full(DAYS, 1.9e7)}
    return CoinMetrics({"btc": {k: np.column_stack([days, v]) for k, v in series.items()}}, lambda: NOW)


def _profile(folder: Path, spot: str, swap: str, second: str, coins: str, figures: str, news: str) -> Path:
    (folder / "feeds.toml").write_text(
        f'version = 1\n[[feeds]]\nname = "room"\npublisher = "Room"\nurl = "{news}/a.xml"\nkind = "press_release"\n'
        f'full_text = true\narticle_hosts = ["{news.split("//")[1]}"]\n'
    )
    since = "since = 2024-01-01T00:00:00Z"
    (folder / "local.toml").write_text(f"""
as_of = {AS_OF:%Y-%m-%dT%H:%M:%SZ}
threads = 1
[network]
backoff_s = 0.01
[forecast]
members = 1
blend = ["patch_transformer", "har_median"]
epochs = 1
windows_per_epoch = 256
stretch_days = 5
test_days = 20
n_folds = 1
[[exchanges]]
id = "binance"
symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
{since}
base_url = "{spot}"
[[exchanges]]
id = "binance"
symbols = ["BTC/USDT:USDT"]
funding = true
{since}
base_url = "{swap}"
[[exchanges]]
id = "coinbase"
symbols = ["BTC/USD"]
{since}
base_url = "{second}"
[features]
coin_list = "majors-v1"
[stablecoins]
enabled = true
url = "{coins}"
[onchain]
enabled = true
url = "{figures}/v4"
{since}
[feeds]
enabled = true
list_file = "{folder / "feeds.toml"}"
page_interval_s = 0.0
[text]
detect = {str(WORDS).lower()}
""")
    return folder / "local.toml"


def _night(profile: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "nightly", "-p", str(profile), "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PREFECT_HOME": str(home / "prefect")},
    )


@pytest.fixture
def world(tmp_path):
    names = ("BTC", "ETH", "SOL")
    bars = {a: market(DAYS * 24, i, price=100.0) for i, a in enumerate(names)}
    swap = {"BTC/USDT:USDT": Listing(bars["BTC"], funding=funding_rates(DAYS * 3, 1))}
    stories = releases(N_RELEASES, 1, first=datetime(2024, 2, 15, tzinfo=UTC), every=timedelta(hours=40))
    providers = (
        Binance({f"{a}/USDT": b for a, b in bars.items()}, lambda: NOW),
        Binance(swap, lambda: NOW),
        Coinbase({"BTC/USD": bars["BTC"]}, lambda: NOW),
        DefiLlama(_coins(), lambda: NOW),
        _figures(),
        Newsroom({"/a.xml": Feed(stories)}),
    )
    with ExitStack() as stack:
        servers = [stack.enter_context(LocalServer(p)) for p in providers]
        yield _profile(tmp_path, *(s.url for s in servers)), servers


def test_a_live_night_runs_whole_then_finds_nothing_new_then_goes_on_without_a_blocked_exchange(tmp_path, world):
    profile, servers = world
    first = _night(profile, tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr[-3000:]
    assert "SIMULATED" not in first.stdout
    assert "nanobind" not in first.stderr
    assert (tmp_path / "local" / "reports" / "report.html").stat().st_size > 1_000_000
    with duckdb.connect(str((tmp_path / "local" / "published" / "tapewire.duckdb").resolve()), read_only=True) as con:

        def count(query: str) -> int:
            return int(con.execute(query).fetchall()[0][0])

        assert count("SELECT count(*) FROM core.candles") == 5 * (DAYS * 24 - 1)
        assert count("SELECT count(*) FROM marts.ssr_daily WHERE coin = 'ALL'") == DAYS - 1
        assert count("SELECT count(*) FROM marts.releases WHERE kind = 'press_release' AND assets <> ''") == N_RELEASES
        judged = count("SELECT count(*) FROM marts.releases WHERE machine_verdict IS NOT NULL")
        assert judged == (N_RELEASES if WORDS else 0)
        assert count("SELECT count(DISTINCT doc_id) FROM marts.release_impact") > 10
        assert count("SELECT count(*) FROM marts.forecast_latest") > 0
        assert count("SELECT count(*) FROM ops.checks WHERE severity = 'error' AND n_rows > 0") == 0
        assert count("SELECT count(*) FROM ops.source_rows") > 15
        lost = "n_read <> n_new + n_changed + n_unchanged + n_quarantined + n_left_out"
        assert count(f"SELECT count(*) FROM ops.source_rows WHERE {lost}") == 0
        assert count("SELECT count(*) FROM marts.funding WHERE funding_rate_per_hour IS NOT NULL") > 0
    again = plain_night(tmp_path, profile=str(profile))
    assert again.returncode == 0
    assert "Nothing new, nothing changed: the marts are identical" in again.stdout
    servers[0].faults.append(faults.status(451, times=None))
    blocked = plain_night(tmp_path, profile=str(profile))
    assert blocked.returncode == 3
    assert "missing: exchange:binance:BTC/USDT:1h, exchange:binance:ETH/USDT:1h, exchange:binance:SOL" in blocked.stdout
    assert "is not to be had from this location (HTTP 451)" in blocked.stdout
