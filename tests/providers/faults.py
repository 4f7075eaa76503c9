"""What can go wrong between a provider and its client. Each function makes a `Fault` for `LocalServer(faults=[...])`.

All take `path` (requests whose path contains it; "" is any), `times` (how many requests; None for ever) and `skip`
(how many matching requests pass first, so that `skip=2` breaks the third page).

    status(code, headers, body)  an error answer: 429, 418 with Retry-After, 451, 403, 404, 500, 503 ...
    slow_drip(bytes_per_s)       headers at once, then the real body byte by byte
    hang()                       no answer at all
    reset_mid_body()             half the real body under the full Content-Length, then a TCP reset
    truncated()                  half the real body, correctly announced
    html()                       status 200 with a web page
    wrong_types()                the real JSON with its numbers replaced by objects, strings, nulls
    gigabyte(as_json=False)      1 GB streamed in chunks: spaces, or a JSON list that goes on and on
    gzip_bomb()                  about 1 MB that decompresses to 1 GB
    empty()                      status 200, no body
    transform(fn)                fn(bytes) -> bytes on the real body
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.providers import bombs
from tests.providers.server import Answer

PAGE = b"<!DOCTYPE html><html><head><title>One moment</title></head><body><h1>Checking your browser</h1></body></html>"
Apply = Callable[[web.BaseRequest, Answer], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """One way to misbehave, for the requests it takes. `taken` counts them."""

    kind: str
    apply: Apply
    path: str = ""
    times: int | None = 1
    skip: int = 0
    taken: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def takes(self, path: str) -> bool:
        """Whether this request is one of this fault's; counts it."""
        if self.path not in path or (self.times is not None and self.taken >= self.times):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.taken += 1
        return True


def status(
    code: int,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    path: str = "",
    times: int | None = 1,
    skip: int = 0,
) -> Fault:
    """The status `code` with these headers and this body instead of the answer."""

    async def apply(_http: web.BaseRequest, _real: Answer) -> web.StreamResponse:
        return web.Response(status=code, headers={"Content-Type": "text/plain", **(headers or {})}, body=body)

    return Fault(f"status {code}", apply, path, times, skip)


def slow_drip(bytes_per_s: float, *, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """Headers at once, then the real body one byte at a time."""

    async def apply(http: web.BaseRequest, real: Answer) -> web.StreamResponse:
        response = await _started(http, real, len(real.body))
        for at in range(len(real.body)):
            await response.write(real.body[at : at + 1])
            await asyncio.sleep(1 / bytes_per_s)
        return response

    return Fault("slow drip", apply, path, times, skip)


def hang(*, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """No answer until the client gives up or the server stops."""

    async def apply(_http: web.BaseRequest, _real: Answer) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    return Fault("hang", apply, path, times, skip)


def reset_mid_body(*, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """Half of the real body under its full Content-Length, then a TCP reset."""

    async def apply(http: web.BaseRequest, real: Answer) -> web.StreamResponse:
        response = await _started(http, real, max(len(real.body), 2))
        await response.write(real.body[: len(real.body) // 2])
        await asyncio.sleep(0.02)  # the client reads what there is
        if http.transport is not None:
            sock = http.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with RST
            http.transport.abort()
        return response

    return Fault("reset in mid body", apply, path, times, skip)


def truncated(*, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """Half of the real body, with the Content-Length of that half: valid HTTP, broken JSON."""
    return transform(lambda body: body[: len(body) // 2], path=path, times=times, skip=skip)


def html(page: bytes = PAGE, *, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """Status 200 with a web page, as a firewall in front of a provider sends it."""
    return status(200, {"Content-Type": "text/html; charset=utf-8"}, page, path=path, times=times, skip=skip)


def empty(*, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """Status 200 and the real content type, but no body."""
    return transform(lambda _body: b"", path=path, times=times, skip=skip)


def wrong_types(*, keep: Container[str] = ("code",), path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """The real JSON with every number, and every string that is one, replaced by something that is not.

    Values under a key in `keep` stay, so that OKX's `"code": "0"` still says that all is well.
    """

    def spoil(body: bytes) -> bytes:
        return json.dumps(_spoilt(json.loads(body), itertools.count(), keep)).encode()

    return transform(spoil, path=path, times=times, skip=skip)


def transform(fn: Callable[[bytes], bytes], *, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """The real answer with `fn` applied to its body."""

    async def apply(_http: web.BaseRequest, real: Answer) -> web.StreamResponse:
        return web.Response(body=fn(real.body), status=real.status, headers=real.headers)

    return Fault("transform", apply, path, times, skip)


def gigabyte(
    size: int = 1 << 30, *, as_json: bool = False, path: str = "", times: int | None = 1, skip: int = 0
) -> Fault:
    """`size` bytes in chunks, without a Content-Length: spaces, or a JSON list of numbers that never closes."""
    block = b'[1700000000000,"1.0","1.0","1.0","1.0","1.0"],' * 20_000 if as_json else b" " * (1 << 20)

    async def apply(http: web.BaseRequest, real: Answer) -> web.StreamResponse:
        response = await _started(http, real, None)
        await response.write(b"[" if as_json else b" ")
        for _ in range(-(-size // len(block))):
            await response.write(block)
        return response

    return Fault("gigabyte", apply, path, times, skip)


def gzip_bomb(size: int = 1 << 30, *, path: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """A body of about a thousandth of `size`, Content-Encoding gzip, that expands to `size` spaces."""

    async def apply(_http: web.BaseRequest, real: Answer) -> web.StreamResponse:
        return web.Response(body=bombs.gzip_bomb(size), headers={**real.headers, "Content-Encoding": "gzip"})

    return Fault("gzip bomb", apply, path, times, skip)


async def _started(http: web.BaseRequest, real: Answer, length: int | None) -> web.StreamResponse:
    response = web.StreamResponse(status=real.status, headers=real.headers)
    if length is None:
        response.enable_chunked_encoding()
    else:
        response.content_length = length
    await response.prepare(http)
    return response


def _spoilt(value: Any, at: Iterator[int], keep: Container[str]) -> Any:
    if isinstance(value, dict):
        return {key: inner if key in keep else _spoilt(inner, at, keep) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spoilt(inner, at, keep) for inner in value]
    if isinstance(value, bool) or not _is_number(value):
        return value
    return [{"value": value}, "not a number", None, [value], True][next(at) % 5]


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return isinstance(value, (int, float))
