"""Manners over HTTP: the middleware that every request passes through, and what it remembers of each host.

A request waits while its host has asked to be left alone, is tried again after what may pass (429, 418, 5xx, a broken
connection), never after what will not (451, 403), has limits on time and size, and fails at once while its host's
circuit is open.
"""

import asyncio
import email.utils
import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import orjson

from pipelines.settings.sources import Network
from pipelines.sources.errors import SourceError

LENIENT: ContextVar[bool] = ContextVar("LENIENT", default=False)  # failures do not count against the host
BODIES: ContextVar["list[bytes] | None"] = ContextVar("BODIES", default=None)  # where the bodies of a call are kept
ASKED_TO_WAIT = (418, 429)
PASSED_ON = (304, 400, 404, 410, 422)  # the caller knows what they mean
HOSTS_THAT_PROVE = 5  # so many hosts out of reach and none that answered: the network is down


class HttpError(SourceError):
    """A host did not deliver; `status` is its HTTP status, None where there was none; whether it was `asked` at all."""

    def __init__(self, message: str, status: int | None = None, *, asked: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.asked = asked


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


@dataclass
class State:
    """What the sessions of a run share."""

    settings: Network
    agent: str
    hosts: dict[str, Host] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    out_of_reach: set[str] = field(default_factory=set)


class TooLargeError(Exception):
    """A body grew beyond the limit."""


@dataclass
class _Attempt:
    """Why an attempt failed, and whether another may help."""

    reason: str
    status: int | None = None
    tries: int = 1
    wait_s: float = 0.0
    is_outage: bool = True


@dataclass
class Polite:
    """The middleware."""

    state: State
    json: bool
    _rng: random.Random = field(default_factory=random.Random)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        name = request.url.host or ""
        if request.url.explicit_port:
            name = f"{name}:{request.url.explicit_port}"
        host = self.state.hosts.setdefault(name, Host())
        request.headers["User-Agent"] = self.state.agent
        done = 0
        while True:
            await self._turn(name, host)
            result = await self._once(name, request, handler)
            if isinstance(result, aiohttp.ClientResponse):
                host.failures = 0
                return result
            done += 1
            wait = max(result.wait_s, self._backoff(done))
            if done >= result.tries or wait > self.state.settings.max_wait_s:
                self._give_up(host, result)
                raise HttpError(self._reason(result, done), result.status)
            if result.status in ASKED_TO_WAIT:
                host.not_before = max(host.not_before, time.monotonic() + wait)
            self.state.traffic.retries += 1
            await asyncio.sleep(wait)

    async def _turn(self, name: str, host: Host) -> None:
        """Wait while the host has asked for it. HttpError while its circuit is open."""
        if not self.state.traffic.answers and len(self.state.out_of_reach) >= HOSTS_THAT_PROVE:
            raise HttpError(
                f"the network seems to be down: none of {', '.join(sorted(self.state.out_of_reach))} could be reached",
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
        limits = self.state.settings
        self.state.traffic.requests += 1
        try:
            async with asyncio.timeout(limits.timeout_s):
                reply = await handler(request)
                body = await reply.read()
        except aiohttp.ConnectionTimeoutError:
            self.state.out_of_reach.add(name)
            why = f"no connection within {limits.connect_s:g} s"
            return _Attempt(
                f"{name} cannot be reached ({why}): check network and proxy", tries=limits.tries_unreachable
            )
        except TimeoutError:
            return _Attempt(
                f"{name} did not answer in full within {limits.timeout_s:g} s", tries=limits.tries_unreachable
            )
        except aiohttp.ClientConnectorError as error:
            self.state.out_of_reach.add(name)
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
        self.state.traffic.answers += 1
        self.state.traffic.n_bytes += len(body)
        return self._judge(name, reply, body)

    def _judge(self, name: str, reply: aiohttp.ClientResponse, body: bytes) -> "aiohttp.ClientResponse | _Attempt":
        status, tries = reply.status, self.state.settings.tries
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
        return float(self.state.settings.backoff_s * 2 ** (done - 1) * self._rng.uniform(0.5, 1.5))

    def _give_up(self, host: Host, result: _Attempt) -> None:
        """Open the circuit after some failures in a row; at once where the host has asked for a long wait."""
        if not result.is_outage or LENIENT.get():
            return
        host.failures += 1
        limits = self.state.settings
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
