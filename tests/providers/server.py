"""A local HTTP server for the tests: simulated providers answer over real HTTP, and can be made to misbehave.

    with LocalServer(Binance(...), faults=[status(429, {"Retry-After": "1"}, path="klines", times=2)]) as server:
        ...                   # ask server.url with an unmodified client
        server.requests       # what was asked, in order

A provider is any object with `answer(request: Request) -> Answer`: pure, without HTTP of its own. Faults stand in
`faults.py`; they are taken in order, each for the `times` requests whose path contains its `path`, and the list may be
changed while the server runs. What a provider raises is answered with a 500, kept in `server.errors`, and raised again
when the `with` block is left, so that a mistake in a simulated provider is never taken for one of the client.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from aiohttp import web

if TYPE_CHECKING:
    from tests.providers.faults import Fault

_QUIET = logging.getLogger("tests.providers.quiet")
_QUIET.propagate = False
_QUIET.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Request:
    """What a client asked. Header names are in lower case; a query parameter given twice keeps its last value."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    time: float = field(default_factory=time.time)
    """Wall time of arrival, seconds since 1970."""


@dataclass(frozen=True)
class Answer:
    """What a provider says: a whole body, its status and its headers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """A JSON body with its content type."""
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(body, status, {"Content-Type": "application/json;charset=utf-8", **(headers or {})})

    @classmethod
    def text(cls, value: str, content_type: str = "text/plain; charset=utf-8", status: int = 200) -> Answer:
        """A text body in UTF-8."""
        return cls(value.encode(), status, {"Content-Type": content_type})


class Provider(Protocol):
    """A simulated provider."""

    def answer(self, request: Request) -> Answer:
        """The provider's normal answer. Called in the server's thread."""
        ...


class LocalServer:
    """Serves one provider on 127.0.0.1, port chosen by the system, in a thread with its own event loop.

    `latency_s` is waited before every answer. `requests`, `faults`, `errors` and `latency_s` may be read and changed
    from the test's thread at any time.
    """

    def __init__(self, provider: Provider, *, faults: Iterable[Fault] = (), latency_s: float = 0.0) -> None:
        self.provider = provider
        self.faults: list[Fault] = list(faults)
        self.latency_s = latency_s
        self.requests: list[Request] = []
        self.errors: list[str] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"local-{type(provider).__name__}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the local server did not start within 10 s")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if self.errors and error is None:
            raise AssertionError("the simulated provider failed:\n" + "\n".join(self.errors))

    def asked(self, path: str) -> list[Request]:
        """The requests whose path contains `path`, in order."""
        return [r for r in self.requests if path in r.path]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = web.Server(self._handle, handler_cancellation=True, logger=_QUIET, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()
        await asyncio.sleep(0)  # aborted connections are told so

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in http.headers.items()}
        request = Request(http.method, http.path, dict(http.query), headers, await http.read())
        self.requests.append(request)
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        fault = next((f for f in list(self.faults) if f.takes(request.path)), None)
        answer = self._answer(request)
        if fault is None:
            return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
        try:
            return await fault.apply(http, answer)
        except ConnectionError:  # the client went away while a fault was still sending
            return web.Response()
        except asyncio.CancelledError:  # the server stops, or the client has gone: nothing more is sent
            if http.transport is not None:
                http.transport.abort()
            raise
        except Exception:
            self.errors.append(f"fault {fault.kind} on {request.path}\n{traceback.format_exc()}")
            return web.Response(status=500)

    def _answer(self, request: Request) -> Answer:
        try:
            return self.provider.answer(request)
        except Exception:
            self.errors.append(f"{request.method} {request.path} {request.query}\n{traceback.format_exc()}")
            return Answer.text("the simulated provider failed", status=500)
