"""A ccxt client with our manners: opened at first use on the network's loop, its errors made into ours."""

import email.utils
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pipelines.settings.sources import ExchangeSource
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net

OUTER_TIMEOUT_MS = 3_600_000  # the network's own limits come first


class Client:
    """A ccxt client, opened at first use. SourceError for everything that keeps it from answering."""

    def __init__(self, source: ExchangeSource, net: Net) -> None:
        self.source, self.net = source, net
        self._lock = threading.Lock()
        self._failure: SourceError | None = None
        self._exchange: Any = None
        self._offset_ms = 0.0

    def exchange(self) -> Any:
        """The ccxt client with its markets loaded and the exchange's clock read; one try per run."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._exchange is None:
                try:
                    exchange = self.net.run(self._open())
                    self.net.at_close(lambda: setattr(exchange, "session", None))  # the session is the network's
                    self.guarded(exchange.load_markets)
                    self._offset_ms = self._clock(exchange)
                except SourceError as error:
                    self._failure = error
                    raise
                self._exchange = exchange
            return self._exchange

    def ping(self) -> float:
        """How far the exchange's clock is ahead of ours (s), without loading its markets."""
        exchange = self.net.run(self._open())
        self.net.at_close(lambda: setattr(exchange, "session", None))
        if not exchange.has.get("fetchTime"):
            self.guarded(exchange.load_markets)
        return self._clock(exchange) / 1000

    def now_ms(self) -> int:
        """The exchange's time (ms since 1970)."""
        self.exchange()
        return int(time.time() * 1000 + self._offset_ms)

    def market(self, symbol: str) -> Mapping[str, Any]:
        """ccxt's description of a market. SourceError where the exchange lists no such symbol."""
        exchange = self.exchange()
        if symbol not in exchange.markets:
            base = symbol.partition("/")[0]
            near = sorted(s for s in exchange.markets if s.startswith(base + "/"))[:5]
            raise SourceError(
                f"{self.source.id} lists no {symbol} (delisted, or never there)"
                + (f"; it has {', '.join(near)}" if near else f" and nothing else with {base}")
            )
        return exchange.markets[symbol]

    def guarded(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        """The result of an async ccxt call. SourceError for ccxt's errors and for answers that ccxt cannot read.

        A rate limit that is told inside a good answer passes by the network's own retries: it is waited out here.
        """
        import ccxt.async_support as ccxt

        limits = self.net.settings
        try:
            for done in range(1, limits.tries):
                try:
                    return self.net.run(call(*args, **kwargs))
                except (ccxt.DDoSProtection, ccxt.RateLimitExceeded):
                    self.net.pause(limits.backoff_s * 2**done)
            return self.net.run(call(*args, **kwargs))
        except SourceError:
            raise
        except ccxt.BaseError as error:
            raise SourceError(f"{self.source.id}: {type(error).__name__}: {short(error)}") from error
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
            raise SourceError(
                f"{self.source.id} sent what ccxt cannot read ({type(error).__name__}: {short(error)})"
            ) from error

    async def _open(self) -> Any:
        import ccxt.async_support as ccxt

        kind = getattr(ccxt, self.source.id, None)
        if kind is None or self.source.id not in ccxt.exchanges:
            raise SourceError(
                f"ccxt knows no exchange {self.source.id!r}; see `python -c 'import ccxt; print(ccxt.exchanges)'`"
            )
        exchange = kind(
            {
                "session": self.net.session(json=True),
                "asyncio_loop": self.net.loop,
                "enableRateLimit": True,
                "timeout": OUTER_TIMEOUT_MS,
                "options": self._options(),
            }
        )
        if self.source.base_url:
            exchange.urls["api"] = _rebased(exchange.urls["api"], self.source.base_url)
        return exchange

    def _options(self) -> dict[str, Any]:
        """No account data; on Binance only the kinds of market that are wanted."""
        swaps = any(":" in s for s in self.source.symbols)
        spot = any(":" not in s for s in self.source.symbols)
        types = ["spot"] * spot + ["linear"] * swaps
        wanted = {"fetchMarkets": {"types": types}} if self.source.id.startswith("binance") else {}
        return {"fetchCurrencies": False, **wanted, **self.source.options}

    def _clock(self, exchange: Any) -> float:
        """The exchange's clock less ours (ms): asked for, else from the Date of its last answer.

        The answer may be old by the time it is here (it may have been waited and asked for again), so theirs is now at
        least this much ahead: no bar counts as closed too early.
        """
        if exchange.has.get("fetchTime"):
            theirs = self.guarded(exchange.fetch_time)
        else:
            theirs = _http_date_ms(exchange.last_response_headers)
        if not isinstance(theirs, int | float):
            raise SourceError(f"{self.source.id} does not tell its time, so closed bars cannot be known")
        return float(theirs) - time.time() * 1000


def _rebased(urls: Any, base: str) -> Any:
    """Every address in `urls` with scheme and host of `base`."""
    if isinstance(urls, dict):
        return {k: _rebased(v, base) for k, v in urls.items()}
    if not isinstance(urls, str):
        return urls
    mirror, own = urlsplit(base), urlsplit(urls.replace("{hostname}", "hostname"))
    return urlunsplit((mirror.scheme, mirror.netloc, mirror.path.rstrip("/") + own.path, own.query, ""))


def _http_date_ms(headers: Any) -> float | None:
    date = (headers or {}).get("Date")
    return email.utils.parsedate_to_datetime(date).timestamp() * 1000 if date else None


def short(value: object) -> str:
    """A value as it fits into a message."""
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else text[:200] + "…"
