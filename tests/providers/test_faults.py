"""The faults of the local server, as plain aiohttp sees them, and the server itself."""

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.providers import bombs, faults
from tests.providers.faults import Fault
from tests.providers.server import Answer, LocalServer, Request

ROWS = [{"code": "0", "price": "1.5", "volume": 2, "name": "x"}] * 5


class Plain:
    """A provider that answers everything with the same JSON."""

    def answer(self, request: Request) -> Answer:
        if request.path == "/broken":
            raise KeyError("a mistake in the provider")
        return Answer.json(ROWS)


def ask(server: LocalServer, path: str = "/data", timeout_s: float = 5.0) -> tuple[int, bytes]:
    """Status and body of one request; what aiohttp raises comes through."""

    async def run() -> tuple[int, bytes]:
        limit = aiohttp.ClientTimeout(total=timeout_s)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(server.url + path) as answer:
            return answer.status, await answer.read()

    return asyncio.run(run())


def faulty(fault: Fault, timeout_s: float = 5.0) -> tuple[int, bytes]:
    with LocalServer(Plain(), faults=[fault]) as server:
        return ask(server, timeout_s=timeout_s)


def test_the_server_starts_and_stops_at_once_and_keeps_what_was_asked() -> None:
    begun = time.perf_counter()
    with LocalServer(Plain()) as server:
        assert json.loads(ask(server, "/data?a=1&b=x%20y")[1]) == ROWS
    assert time.perf_counter() - begun < 2
    asked = server.requests[0]
    assert [asked.method, asked.path, asked.query] == ["GET", "/data", {"a": "1", "b": "x y"}]
    assert asked.headers["host"] in server.url
    assert abs(asked.time - time.time()) < 5


def test_faults_are_taken_in_order_for_their_path_and_so_many_times() -> None:
    queue = [faults.status(429, {"Retry-After": "7"}, path="/da", times=2), faults.status(503, skip=1, times=None)]
    with LocalServer(Plain(), faults=queue) as server:
        assert [ask(server, path)[0] for path in ("/other", "/data", "/data", "/data", "/other")] == [
            200, 429, 429, 503, 503
        ]  # fmt: skip
        server.faults.clear()
        assert ask(server)[0] == 200
    assert len(server.asked("/data")) == 4


def test_a_mistake_in_a_provider_is_raised_when_the_server_stops() -> None:
    with pytest.raises(AssertionError, match="a mistake in the provider"), LocalServer(Plain()) as server:
        assert ask(server, "/broken")[0] == 500


def test_an_answer_can_be_late() -> None:
    with LocalServer(Plain(), latency_s=0.2) as server, pytest.raises(TimeoutError):
        ask(server, timeout_s=0.1)


@pytest.mark.parametrize("fault", [faults.hang(), faults.slow_drip(50)], ids=lambda fault: fault.kind)
def test_what_never_comes_runs_into_the_clients_timeout(fault: Fault) -> None:
    with pytest.raises(TimeoutError):
        faulty(fault, timeout_s=0.2)


def test_a_slow_answer_is_complete_in_the_end() -> None:
    assert json.loads(faulty(faults.slow_drip(20_000))[1]) == ROWS


def test_a_reset_in_mid_body_is_an_error_of_the_payload() -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        faulty(faults.reset_mid_body())


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        (faults.truncated(), lambda body: body == json.dumps(ROWS, separators=(",", ":")).encode()[: len(body)]),
        (faults.html(), lambda body: body.startswith(b"<!DOCTYPE html>")),
        (faults.empty(), lambda body: body == b""),
        (faults.transform(bytes.upper), lambda body: b'"PRICE"' in body),
        (faults.gigabyte(1 << 24), lambda body: body.isspace() and len(body) == (1 << 24) + 1),
        (faults.gigabyte(1 << 22, as_json=True), lambda body: body.startswith(b"[[1700000000000,")),
        (faults.gzip_bomb(1 << 24), lambda body: body.isspace() and len(body) == 1 << 24),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_spoilt_answer_arrives_with_status_200(fault: Fault, holds: Callable[[bytes], bool]) -> None:
    status, body = faulty(fault)
    assert status == 200
    assert holds(body)


def test_numbers_of_the_wrong_type_are_objects_strings_nulls_and_never_numbers() -> None:
    rows: list[dict[str, Any]] = json.loads(faulty(faults.wrong_types())[1])
    assert {(row["code"], row["name"]) for row in rows} == {("0", "x")}
    assert {type(row["price"]) for row in rows} == {dict, str, type(None), list, bool}


def test_a_gigabyte_ends_when_the_client_goes_away() -> None:
    async def a_little(url: str) -> int:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return len(await answer.content.readexactly(1 << 20))

    with LocalServer(Plain(), faults=[faults.gigabyte()]) as server:
        assert asyncio.run(a_little(server.url)) == 1 << 20
        assert ask(server)[0] == 200


def test_bombs_are_small_true_and_large_within() -> None:
    packed = bombs.gzip_bomb(1 << 30)
    assert len(packed) < 2 << 20
    assert int.from_bytes(packed[-4:], "little") == 1 << 30
    assert gzip.decompress(bombs.gzip_bomb(1 << 24)) == b" " * (1 << 24)  # gzip checks length and checksum
