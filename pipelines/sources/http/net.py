"""Reads over HTTP: one event loop in a thread of its own, sessions with manners (polite.py) and limits.

Every request of every source passes through here. ccxt, which is async itself, is given one of the sessions.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import orjson

from pipelines.settings.sources import Network
from pipelines.sources.http.polite import LENIENT, Host, HttpError, Polite, State, TooLargeError, Traffic

T = TypeVar("T")
AGENT = "tapewire/0.1 (market research; reads public data, obeys robots.txt and Retry-After{contact})"
CHUNK = 1 << 16


@dataclass(frozen=True)
class Reply:
    """An answer, read whole."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON (it was checked when it came)."""
        return orjson.loads(self.body)


class _Bounded(aiohttp.ClientResponse):
    """A response whose body is read up to a limit, counted after decompression."""

    max_bytes = 0

    async def read(self) -> bytes:
        if self._body is None:
            chunks, size = [], 0
            async for chunk in self.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > self.max_bytes:
                    self.close()
                    raise TooLargeError
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body


class _Connector(aiohttp.TCPConnector):
    """A connector with a time limit of its own: ccxt hands every request a limit that knows no connections."""

    connect_s = 0.0

    async def connect(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:
        """A connection, made within `connect_s`."""
        return await super().connect(req, traces, aiohttp.ClientTimeout(sock_connect=self.connect_s))


class Net:
    """An event loop in a thread of its own, with sessions that share what is known of each host."""

    def __init__(self, settings: Network) -> None:
        self.settings = settings
        self.state = State(settings, AGENT.format(contact=f"; {settings.contact}" if settings.contact else ""))
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self.closed = threading.Event()
        self._closing: list[Callable[[], None]] = []

    @property
    def traffic(self) -> Traffic:
        """What went over the network so far."""
        return self.state.traffic

    def at_close(self, work: Callable[[], None]) -> None:
        """Do `work` when the network is closed."""
        self._closing.append(work)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, started at first use."""
        with self._lock:
            if self.closed.is_set():
                raise HttpError("the network is closed: the run is ending", asked=False)
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="tapewire-net", daemon=True).start()
            return self._loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine on the loop; call it from any other thread. HttpError once the loop is closed."""
        try:
            loop = self.loop
        except HttpError:
            work.close()
            raise
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, loop)
        return future.result()

    def pause(self, seconds: float) -> None:
        """Wait, in any thread but the loop's. HttpError where the network is closed meanwhile."""
        if self.closed.wait(seconds):
            raise HttpError("the network is closed: the run is ending", asked=False)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        json: bool = False,
        interval_s: float = 0.0,
        allow: tuple[int, ...] = (),
        follow: bool = True,
        counts: bool = True,
    ) -> Reply:
        """GET, with everything above. `interval_s` apart from the last request to the host.

        Redirects are followed, or handed back (`follow`). A failure that does not count leaves the host's circuit as
        it is. HttpError (a SourceError) where the host does not deliver; statuses in `allow` are handed back instead.
        """
        return self.run(self._get(url, params, headers, json, interval_s, allow, follow, counts))

    async def _get(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        json: bool,
        interval_s: float,
        allow: tuple[int, ...],
        follow: bool,
        counts: bool,
    ) -> Reply:
        LENIENT.set(not counts)
        try:
            host = self.state.hosts.setdefault(_host(url), Host())
            turn = max(time.monotonic(), host.next_turn)
            host.next_turn = turn + interval_s
            await asyncio.sleep(turn - time.monotonic())
            session = self.session(json=json)
            async with session.get(
                url, params=params, headers=headers, allow_redirects=follow, max_redirects=5
            ) as reply:
                body = await reply.read()
        except HttpError as error:
            if error.status in allow:
                return Reply(url, error.status or 0, {}, b"")
            raise
        except (aiohttp.ClientError, ValueError) as error:
            raise HttpError(f"{shown(url)} cannot be read ({type(error).__name__})") from error
        handed_back = reply.status in allow or (not follow and 300 <= reply.status < 400)
        if reply.status != 200 and not handed_back:
            raise HttpError(f"{_host(url)} answered HTTP {reply.status} to {_path(url)}", reply.status)
        return Reply(str(reply.url), reply.status, reply.headers, body)

    def session(self, *, json: bool) -> aiohttp.ClientSession:
        """The session for JSON (other answers are refused) or for anything. Call it on the loop."""
        if json not in self._sessions:
            limit = int(self.settings.max_mb * (1 << 20))
            connector = _Connector()
            connector.connect_s = self.settings.connect_s
            self._sessions[json] = aiohttp.ClientSession(
                connector=connector,
                middlewares=(Polite(self.state, json),),
                response_class=type("_Response", (_Bounded,), {"max_bytes": limit}),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=True,
                read_bufsize=CHUNK,
            )
        return self._sessions[json]

    def close(self) -> None:
        """Close the sessions and stop the loop."""
        with self._lock:
            self.closed.set()
            loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), loop).result(timeout=10)
        for work in self._closing:
            work()
        loop.call_soon_threadsafe(loop.stop)

    async def _close(self) -> None:
        """Whatever is under way is cancelled, so that the threads that wait for it end too."""
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


def shown(url: str) -> str:
    """An address as it may stand in messages and tables: without user, password and query."""
    scheme, found, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return (
        f"{scheme}{found}{host.rsplit('@', 1)[-1]}{slash}{path.partition('?')[0]}" if found else url.partition("?")[0]
    )


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1]


def _path(url: str) -> str:
    return "/" + url.split("://", 1)[-1].partition("/")[2].partition("?")[0]
