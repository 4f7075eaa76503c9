"""The doctor over the network, the live profile without one, and backfills from the command line."""

import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pipelines.ingest.backfill import reaching_back
from pipelines.ondemand.doctor import diagnose, exit_code
from pipelines.settings.load import load_settings
from pipelines.settings.settings import SettingsError
from tests.kits.command import plain_night, tapewire
from tests.kits.live import QUICK, SINCE
from tests.providers import faults
from tests.providers.binance import Binance
from tests.providers.candles import HOUR, START, market
from tests.providers.newsroom import Feed, Newsroom, releases
from tests.providers.server import LocalServer

N = 200
HASTY = {"TAPEWIRE_NETWORK__BACKOFF_S": "0.01"}  # as many attempts as ever, without the pauses between them


def _run(*args: str, home: Path, **env: str) -> CompletedProcess[str]:
    return tapewire(*args, "--home", str(home), env=env)


def test_the_doctor_says_of_each_source_whether_it_answers_why_not_and_what_is_stored(desk, tmp_path):
    now = int(time.time() * 1000) // HOUR * HOUR - HOUR // 2
    exchange = Binance({"BTC/USDT": market(N, 1, start_ms=now - N * HOUR + HOUR // 2)}, now_ms=lambda: now + 600_000)
    room = Newsroom({"/rss.xml": Feed(releases(3, seed=1))})
    blocked = faults.status(451, times=None)
    with LocalServer(exchange) as prices, LocalServer(room, faults=[blocked]) as news:
        (tmp_path / "feeds.toml").write_text(
            f'version = 1\n[[feeds]]\nname = "rss"\npublisher = "R"\nurl = "{news.url}/rss.xml"\nkind = "news"\n'
        )
        since = datetime.fromtimestamp(now / 1000 - 864000, UTC)
        told = {
            "exchanges": [{"id": "binance", "symbols": ["BTC/USDT"], "since": since, "base_url": prices.url}],
            "feeds": {"enabled": True, "list_file": tmp_path / "feeds.toml"},
        }
        desk.ingest(**told)
        checks = {c.name: c for c in diagnose(desk.settings(**told))}
    binance, feed = checks["source exchange binance"], checks["source feed rss"]
    assert binance.ok is True
    assert "its clock is" in binance.detail
    assert "stored up to" in binance.detail
    assert feed.ok is False
    assert "HTTP 451" in feed.detail
    assert "nothing stored yet" in feed.detail
    assert exit_code(list(checks.values())) == 3


@pytest.mark.slow
def test_without_a_network_the_doctor_answers_within_fifteen_seconds(desk, black_hole):
    dead = {"exchanges": [{"id": i, "symbols": ["BTC/USDT"], "since": SINCE, "base_url": black_hole}
                          for i in ("binance", "kraken", "coinbase", "okx")],
            "stablecoins": {"enabled": True, "url": "http://nowhere.invalid"},
            "onchain": {"enabled": True, "url": "http://nowhere.invalid"}}  # fmt: skip
    began = time.monotonic()
    checks = diagnose(desk.settings(**dead, network={"connect_s": 60.0, "timeout_s": 600.0}))
    assert time.monotonic() - began < 15
    sources = [c for c in checks if c.is_source]
    assert len(sources) == 6
    assert not any(c.ok for c in sources)
    assert all("reached" in c.detail or "no answer" in c.detail for c in sources), [c.detail for c in sources]
    assert any(c.name == "network" and "HTTPS_PROXY" in c.detail for c in checks)
    assert exit_code(checks) == 1


@pytest.mark.slow
def test_the_live_night_without_a_network_fails_clearly_and_leaves_what_was_published(tmp_path):
    published = tmp_path / "live" / "published"
    published.mkdir(parents=True)
    (published / "tapewire.duckdb").write_bytes(b"the night before")
    dead = {f"{name}_PROXY": "http://127.0.0.1:2" for name in ("HTTP", "HTTPS")}
    began = time.monotonic()
    night = plain_night(tmp_path, profile="live", env=dead | {"NO_PROXY": "127.0.0.1,localhost", **HASTY})
    assert night.returncode == 1
    assert "NOT PUBLISHED: no source delivered; what was published before still stands" in night.stdout
    assert "cannot be reached" in night.stdout
    assert time.monotonic() - began < 90
    assert (published / "tapewire.duckdb").read_bytes() == b"the night before"


def test_a_backfill_reaches_further_back_than_the_profile_and_names_what_it_did(tmp_path):
    now = START + N * HOUR - 1
    exchange = Binance({"BTC/USDT": market(N, 1), "ETH/USDT": market(N, 2)}, now_ms=lambda: now)
    with LocalServer(exchange) as server:
        profile = tmp_path / "mine.toml"
        profile.write_text(
            f'[network]\nbackoff_s = {QUICK["backoff_s"]}\n[[exchanges]]\nid = "binance"\nbase_url = "{server.url}"\n'
            f'symbols = ["BTC/USDT", "ETH/USDT"]\nsince = 2024-01-08T00:00:00Z\n'
        )
        done = _run(
            "backfill", "prices", "--since", "2024-01-01", "-p", str(profile), "--symbol", "BTC/USDT", home=tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert f"exchange:binance:BTC/USDT:1h: {N - 1} rows" in done.stderr
        assert "s waiting for sources" in done.stdout
        assert "rows/s" in done.stdout
        rest = _run("ingest", "prices", "-p", str(profile), home=tmp_path)
        assert rest.returncode == 0
        assert "exchange:binance:ETH/USDT:1h: 31 rows" in rest.stderr
        wrong = _run(
            "backfill", "prices", "--since", "2024-01-01", "-p", str(profile), "--exchange", "kraken", home=tmp_path
        )
    assert wrong.returncode == 2
    assert "has no exchange 'kraken'; it has binance" in wrong.stderr
    assert _run("backfill", "news", "--since", "2024-01-01", home=tmp_path).returncode == 2


def test_the_live_profile_is_complete_and_can_be_changed_from_above(monkeypatch, tmp_path):
    settings = load_settings("live", folder=tmp_path)
    assert (settings.profile, settings.simulated.enabled) == ("live", False)
    assert {e.id for e in settings.exchanges} == {"binance", "coinbase"}
    assert settings.stablecoins.enabled and settings.onchain.enabled and settings.feeds.enabled
    monkeypatch.setenv("TAPEWIRE_NETWORK__CONTACT", "me@example.org")
    assert load_settings("live", folder=tmp_path).network.contact == "me@example.org"
    (tmp_path / "tapewire.toml").write_text("[feeds]\nenabled = false\n")
    assert load_settings("live", folder=tmp_path).feeds.enabled is False
    (tmp_path / "tapewire.toml").write_text('[[exchanges]]\nid = "okx"\nsymbolz = ["BTC/USDT"]\n')
    with pytest.raises(SettingsError, match=r"unknown setting 'exchanges\.0\.symbolz'; did you mean 'symbols'"):
        load_settings("live", folder=tmp_path)


def test_a_backfill_from_the_archive_takes_the_symbols_of_binance():
    live = load_settings("live")
    bulk = reaching_back(live, SINCE, archive=True)
    assert bulk.exchanges == ()
    assert {s for a in bulk.archives for s in a.symbols} == {
        s for e in live.exchanges if e.id == "binance" for s in e.symbols
    }
    with pytest.raises(SettingsError, match="holds Binance only"):
        reaching_back(live, SINCE, exchange="coinbase", archive=True)
    with pytest.raises(SettingsError, match="lies in the future"):
        reaching_back(live, datetime(2999, 1, 1, tzinfo=UTC))
