"""The one place where requests pass: waiting, retrying, giving up, limits, and what is told to whom."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.settings.sources import Network
from pipelines.sources.http.net import Net
from pipelines.sources.http.polite import HttpError, retry_after
from tests.kits.live import QUICK
from tests.providers import faults
from tests.providers.server import Answer, LocalServer, Request


class Echo:
    """Answers with JSON, and redirects /away to where it is told."""

    def __init__(self) -> None:
        self.away = ""

    def answer(self, request: Request) -> Answer:
        if request.path == "/away":
            return Answer(status=302, headers={"Location": self.away})
        return Answer.json({"path": request.path, "padding": "x" * 1000})


def net(**more) -> "closing[Net]":
    return closing(Net(Network(**(QUICK | more))))


def test_retry_after_is_read_as_seconds_or_as_a_date():
    assert retry_after("120") == 120
    assert retry_after("1.5") == 1.5
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < retry_after(soon) <= 90
    assert retry_after(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0


@given(st.text(max_size=40))
def test_any_other_retry_after_means_no_wish(text):
    assert retry_after(text) >= 0


@pytest.mark.slow
def test_a_wish_to_be_left_alone_holds_for_every_request_to_the_host():
    with LocalServer(Echo(), faults=[faults.status(429, {"Retry-After": "1"})]) as server, net() as n:
        began = time.monotonic()
        assert n.get(f"{server.url}/a", json=True).json()["path"] == "/a"
        assert time.monotonic() - began >= 1.0
        assert n.traffic.retries == 1


@pytest.mark.parametrize("status", [451, 403, 404, 400])
def test_what_will_not_pass_is_not_asked_again(status):
    with LocalServer(Echo(), faults=[faults.status(status, times=None)]) as server, net() as n:
        with pytest.raises(HttpError) as told:
            n.get(f"{server.url}/a")
        assert told.value.status == status
        assert len(server.requests) == 1


def test_a_missing_page_never_opens_the_circuit_and_a_dead_host_does():
    errors = [faults.status(404, times=8), faults.status(503, times=None)]
    with LocalServer(Echo(), faults=errors) as server, net(breaker_s=60) as n:
        for _ in range(8):
            with pytest.raises(HttpError, match="404"):
                n.get(f"{server.url}/a")
        for _ in range(3):
            with pytest.raises(HttpError, match="HTTP 503, 5 times"):
                n.get(f"{server.url}/a")
        asked = len(server.requests)
        with pytest.raises(HttpError, match=r"left alone for .* after 3 failures in a row"):
            n.get(f"{server.url}/a")
        assert len(server.requests) == asked


def test_the_circuit_closes_again_after_its_time():
    with LocalServer(Echo(), faults=[faults.status(503, times=15)]) as server, net(breaker_s=0.3) as n:
        for _ in range(3):
            with pytest.raises(HttpError):
                n.get(f"{server.url}/a")
        time.sleep(0.35)
        assert n.get(f"{server.url}/a").status == 200


def test_nothing_is_asked_once_the_network_has_proved_to_be_down():
    with net(tries_unreachable=1) as n:
        for port in range(2, 7):
            with pytest.raises(HttpError, match="cannot be reached"):
                n.get(f"http://127.0.0.1:{port}/")
        with pytest.raises(HttpError, match=r"the network seems to be down: none of 127\.0\.0\.1:2"):
            n.get("http://127.0.0.1:7/")


def test_a_host_that_never_connects_is_given_up_in_time(black_hole):
    with net(tries_unreachable=1, connect_s=0.3) as n:
        began = time.monotonic()
        with pytest.raises(HttpError, match=r"no connection within 0\.3 s"):
            n.get(black_hole)
        assert time.monotonic() - began < 5


def test_a_redirect_to_a_file_or_round_in_circles_ends_with_an_error():
    echo = Echo()
    with LocalServer(echo) as server, net() as n:
        for away in ("file:///etc/passwd", f"{server.url}/away", "http://"):
            echo.away = away
            with pytest.raises(HttpError):
                n.get(f"{server.url}/away")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "nonsense", "http://", "http://[::1"])
def test_an_address_that_is_none_is_an_error_and_reads_no_file(url):
    with net() as n, pytest.raises(HttpError):
        n.get(url)


PASSING: dict[str, Callable[..., faults.Fault]] = {
    "429 with Retry-After": lambda **k: faults.status(429, {"Retry-After": "1"}, **k),
    "418 with Retry-After": lambda **k: faults.status(418, {"Retry-After": "1"}, **k),
    "a burst of 5xx": lambda **k: faults.status(503, **(k | {"times": 3})),
    "a reset in mid-body": faults.reset_mid_body,
    "a slow drip": lambda **k: faults.slow_drip(20, **k),
    "a hang": faults.hang,
}
LASTING: dict[str, tuple[Callable[..., faults.Fault], str]] = {
    "a long Retry-After": (lambda **k: faults.status(429, {"Retry-After": "9999"}, **k), "HTTP 429"),
    "451": (lambda **k: faults.status(451, **k), "HTTP 451"),
    "5xx": (lambda **k: faults.status(500, **k), "HTTP 500"),
    "a slow drip": (lambda **k: faults.slow_drip(20, **k), "no whole answer|within"),
    "resets in mid-body": (faults.reset_mid_body, "."),
    "truncated bodies": (faults.truncated, "."),
    "web pages": (faults.html, "web page"),
    "empty bodies": (faults.empty, "."),
    "a gigabyte": (faults.gigabyte, "more than 4 MB"),
    "a gzip bomb": (faults.gzip_bomb, "more than 4 MB"),
}
SHORT = {"timeout_s": 0.6, "tries": 4, "tries_unreachable": 2, "max_wait_s": 1.5, "max_mb": 4.0}


@pytest.mark.slow
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_outlived(name):
    with LocalServer(Echo(), faults=[PASSING[name](times=1)]) as server, net(**SHORT) as n:
        assert n.get(f"{server.url}/a", json=True).json()["path"] == "/a"


@pytest.mark.slow
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_an_error_that_says_what_came(name):
    fault, message = LASTING[name]
    with LocalServer(Echo(), faults=[fault(times=None)]) as server, net(**SHORT) as n:
        with pytest.raises(HttpError, match=message) as error:
            n.get(f"{server.url}/a", json=True).json()
        assert len(str(error.value)) > 20


@pytest.mark.parametrize("bomb", [faults.gigabyte, faults.gzip_bomb])
def test_a_huge_answer_is_cut_off_without_being_held(bomb):
    import tracemalloc

    with LocalServer(Echo(), faults=[bomb(times=None)]) as server, net(max_mb=4) as n:
        tracemalloc.start()
        with pytest.raises(HttpError, match="more than 4 MB"):
            n.get(f"{server.url}/a")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 << 20


def test_a_proxy_of_the_environment_is_used_and_its_password_never_shown(monkeypatch):
    with LocalServer(Echo()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http://", "http://user:secret@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with net() as n:
            n.get("http://prices.example/candles")
            assert proxy.requests[0].path.endswith("/candles")
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:2")
    with net() as n, pytest.raises(HttpError) as told:
        n.get("http://prices.example/candles")
    assert "secret" not in str(told.value)


def test_requests_to_a_host_keep_their_distance():
    with LocalServer(Echo()) as server, net() as n:
        for _ in range(3):
            n.get(f"{server.url}/a", interval_s=0.2)
        times = [r.time for r in server.requests]
    assert all(b - a >= 0.18 for a, b in pairwise(times))


def test_closing_in_the_middle_of_a_request_lets_its_thread_go():
    import threading

    with LocalServer(Echo(), faults=[faults.hang(times=None)]) as server:
        n = Net(Network(**(QUICK | {"timeout_s": 60})))
        ended = threading.Event()

        def work() -> None:
            try:
                n.get(f"{server.url}/a")
            except BaseException:
                ended.set()

        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
        n.close()
        assert ended.wait(5)
