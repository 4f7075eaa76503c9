"""Polite reads over HTTP: one place where every request of every source passes through.

A request waits while its host has asked to be left alone, is tried again after what may pass (429, 418, 5xx, a broken
connection), never after what will not (451, 403), has limits on time and size, and fails at once while its host's
circuit is open. ccxt, which has a session of its own kind, is given one of these.
"""

import asyncio
import email.utils
import random
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
import orjson

from pipelines.settings import Network
from pipelines.sources.source import SourceError

T = TypeVar("T")
LENIENT: ContextVar[bool] = ContextVar("LENIENT", default=False)  # failures do not count against the host
BODIES: ContextVar["list[bytes] | None"] = ContextVar("BODIES", default=None)  # where the bodies of a call are kept
AGENT = "tapewire/0.1 (market research; reads public data, obeys robots.txt and Retry-After{contact})"
ASKED_TO_WAIT = (418, 429)
PASSED_ON = (304, 400, 404, 410, 422)  # the caller knows what they mean
CHUNK = 1 << 16
HOSTS_THAT_PROVE = 5  # so many hosts out of reach and none that answered: the network is down


class HttpError(SourceError):
    """A host did not deliver; `status` is its HTTP status, None where there was none; whether it was `asked` at all."""

    def __init__(self, message: str, status: int | None = None, *, asked: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.asked = asked


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


@dataclass
class Host:
    """What we know of a host: consecutive failures, until when it is left alone, when its next turn is."""

    failures: int = 0
    open_until: float = 0.0
    not_before: float = 0.0
    next_turn: float = 0.0


@dataclass
class Traffic:
    """What went over the network."""

    requests: int = 0
    answers: int = 0
    retries: int = 0
    n_bytes: int = 0


class TooLargeError(Exception):
    """A body grew beyond the limit."""


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


@dataclass
class _Attempt:
    """Why an attempt failed, and whether another may help."""

    reason: str
    status: int | None = None
    tries: int = 1
    wait_s: float = 0.0
    is_outage: bool = True


class Net:
    """An event loop in a thread of its own, with sessions that share what is known of each host."""

    def __init__(self, settings: Network) -> None:
        self.settings = settings
        self.hosts: dict[str, Host] = {}
        self.traffic = Traffic()
        self.out_of_reach: set[str] = set()
        self.agent = AGENT.format(contact=f"; {settings.contact}" if settings.contact else "")
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self.closed = threading.Event()
        self._closing: list[Callable[[], None]] = []

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
            host = self.hosts.setdefault(_host(url), Host())
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
                middlewares=(_Polite(self, json),),
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


@dataclass
class _Polite:
    """The middleware that every request passes through."""

    net: Net
    json: bool
    _rng: random.Random = field(default_factory=random.Random)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        name = request.url.host or ""
        if request.url.explicit_port:
            name = f"{name}:{request.url.explicit_port}"
        host = self.net.hosts.setdefault(name, Host())
        request.headers["User-Agent"] = self.net.agent
        done = 0
        while True:
            await self._turn(name, host)
            result = await self._once(name, request, handler)
            if isinstance(result, aiohttp.ClientResponse):
                host.failures = 0
                return result
            done += 1
            wait = max(result.wait_s, self._backoff(done))
            if done >= result.tries or wait > self.net.settings.max_wait_s:
                self._give_up(host, result)
                raise HttpError(self._reason(result, done), result.status)
            if result.status in ASKED_TO_WAIT:
                host.not_before = max(host.not_before, time.monotonic() + wait)
            self.net.traffic.retries += 1
            await asyncio.sleep(wait)

    async def _turn(self, name: str, host: Host) -> None:
        """Wait while the host has asked for it. HttpError while its circuit is open."""
        if not self.net.traffic.answers and len(self.net.out_of_reach) >= HOSTS_THAT_PROVE:
            raise HttpError(
                f"the network seems to be down: none of {', '.join(sorted(self.net.out_of_reach))} could be reached",
                asked=False,
            )
        now = time.monotonic()
        if host.open_until > now:
            raise HttpError(
                f"{name} is left alone for {host.open_until - now:.0f} s more after {host.failures} failures in a row",
                asked=False,
            )
        if host.not_before > now:
            await asyncio.sleep(host.not_before - now)

    async def _once(
        self, name: str, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> "aiohttp.ClientResponse | _Attempt":
        limits = self.net.settings
        self.net.traffic.requests += 1
        try:
            async with asyncio.timeout(limits.timeout_s):
                reply = await handler(request)
                body = await reply.read()
        except aiohttp.ConnectionTimeoutError:
            self.net.out_of_reach.add(name)
            why = f"no connection within {limits.connect_s:g} s"
            return _Attempt(
                f"{name} cannot be reached ({why}): check network and proxy", tries=limits.tries_unreachable
            )
        except TimeoutError:
            return _Attempt(
                f"{name} did not answer in full within {limits.timeout_s:g} s", tries=limits.tries_unreachable
            )
        except aiohttp.ClientConnectorError as error:
            self.net.out_of_reach.add(name)
            why = str(error.os_error.strerror or error.os_error) if error.os_error else str(error)
            return _Attempt(
                f"{name} cannot be reached ({why}): check network, DNS and proxy", tries=limits.tries_unreachable
            )
        except TooLargeError:
            return _Attempt(f"{name} sent more than {limits.max_mb:g} MB (network.max_mb)", is_outage=False)
        except (aiohttp.ClientError, OSError) as error:
            return _Attempt(f"{name} broke off its answer ({type(error).__name__})", tries=limits.tries)
        if (kept := BODIES.get()) is not None:
            kept.append(body)
        self.net.traffic.answers += 1
        self.net.traffic.n_bytes += len(body)
        return self._judge(name, reply, body)

    def _judge(self, name: str, reply: aiohttp.ClientResponse, body: bytes) -> "aiohttp.ClientResponse | _Attempt":
        status, tries = reply.status, self.net.settings.tries
        if status in ASKED_TO_WAIT:
            wait = retry_after(reply.headers.get("Retry-After"))
            asked = f", to be asked again in {wait:.0f} s" if wait else ""
            return _Attempt(f"{name} limits our rate (HTTP {status}{asked})", status, tries, wait)
        if status == 451:
            return _Attempt(
                f"{name} is not to be had from this location (HTTP 451): use another venue, or a mirror with base_url",
                status,
            )
        if status >= 500:
            wait = retry_after(reply.headers.get("Retry-After"))
            return _Attempt(f"{name} answered HTTP {status}", status, tries, wait)
        if status >= 400 and status not in PASSED_ON:
            return _Attempt(f"{name} refused {reply.url.path} (HTTP {status})", status, is_outage=False)
        if status < 300 and self.json and not _is_json(body):
            kind = "a web page" if body.lstrip()[:1] == b"<" else "nothing" if not body.strip() else "broken JSON"
            return _Attempt(f"{name} sent {kind} where JSON was expected", status, tries)
        return reply

    def _backoff(self, done: int) -> float:
        """Doubling, with jitter of ±50 %."""
        return float(self.net.settings.backoff_s * 2 ** (done - 1) * self._rng.uniform(0.5, 1.5))

    def _give_up(self, host: Host, result: _Attempt) -> None:
        """Open the circuit after some failures in a row; at once where the host has asked for a long wait."""
        if not result.is_outage or LENIENT.get():
            return
        host.failures += 1
        limits = self.net.settings
        if result.wait_s > limits.max_wait_s or result.status == 451:
            host.open_until = time.monotonic() + max(result.wait_s, limits.breaker_s)
        elif host.failures >= limits.breaker_after:
            host.open_until = time.monotonic() + limits.breaker_s

    @staticmethod
    def _reason(result: _Attempt, done: int) -> str:
        return result.reason + (f", {done} times" if done > 1 else "")


def retry_after(value: str | None) -> float:
    """Seconds that a Retry-After header asks for (a number or an HTTP date); 0 where there is none or nonsense."""
    if not value:
        return 0.0
    try:
        return max(0.0, float(value)) if value.strip().replace(".", "", 1).isdigit() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _until(date: str) -> float:
    moment = email.utils.parsedate_to_datetime(date)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


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
