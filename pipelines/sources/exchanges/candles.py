"""Candles and funding from any exchange that ccxt supports: closed bars by the exchange's own clock.

One client per exchange, on the network's loop, serves all symbols; ccxt spaces the requests as the exchange wants. A
symbol resumes from what the warehouse has: spans that are missing are asked for, with some bars of overlap at the end
to see revisions.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from domain.timeframes import SECONDS
from pipelines.sources.errors import SourceError
from pipelines.sources.exchanges.client import Client, short
from pipelines.sources.exchanges.paging import Counted, Rows, as_utc, due, holes, joined, spans, walk
from pipelines.sources.exchanges.volume import is_known, volume_in_coins
from pipelines.sources.http.polite import BODIES
from pipelines.sources.resume import Asked, Span
from pipelines.sources.source import Page, accounted, digest
from pipelines.sources.tickers import asset_at
from warehouse.schema.market import CANDLES
from warehouse.schema.ops import ASKED_RANGES

log = logging.getLogger("tapewire.ingest")
PAGE_ROWS = 20_000
DEFAULT_LIMIT = 500
EARLIEST_MS = 1_230_940_800_000  # 2009-01-03: no bar of a crypto asset is older
SETTLE_MS = 5_000  # a bar's last trades may still be on their way into it


@dataclass(frozen=True)
class Known:
    """What the warehouse has of a market: spans of bars, and spans that were asked for and stayed empty."""

    spans: list[Span] = field(default_factory=list)
    asked: Asked = field(default_factory=list)


@dataclass(frozen=True)
class Candles:
    """The bars of one symbol and timeframe. Each of its pages stands by itself."""

    client: Client
    symbol: str
    timeframe: str
    since_ms: int
    until_ms: int | None = None
    known: Known = field(default_factory=Known)
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = True

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"exchange:{self.client.source.id}:{self.symbol}:{self.timeframe}"

    def pages(self) -> Iterator[Page]:
        """Closed bars that are missing, then what stayed missing. SourceError where the exchange does not deliver."""
        market = self.client.market(self.symbol)
        step = SECONDS[self.timeframe] * 1000
        if not is_known(self.client.source.id, market):
            log.warning("%s: what %s counts as volume is not known: none is stored", self.name, self.client.source.id)
        limit = self._limit(market)
        now = self.client.now_ms()
        first, last = _grid(self.since_ms, now, self.until_ms, market.get("created"), step)
        todo = self._todo(first, last, step, limit, now)
        seen: list[NDArray[np.int64]] = []
        kept: list[Rows] = []
        fetch, n_kept = Counted(self._fetch(limit)), 0
        for span in todo:
            for rows in walk(fetch, *span, step, limit):
                seen.append(rows[_sound(rows), 0].astype(np.int64))
                kept.append(rows)
                n_kept += len(rows)
                if sum(map(len, kept)) >= PAGE_ROWS:
                    yield self._page(np.concatenate(kept), market)
                    kept = []
        if kept:
            yield self._page(np.concatenate(kept), market)
        if fetch.n_given:
            yield accounted(CANDLES, f"exchange:{self.client.source.id}", self.name, fetch.left_out(n_kept))
        if todo:
            yield self._asked_page(todo, seen, step, now)

    def _todo(self, first: int, last: int, step: int, limit: int, now: int) -> list[Span]:
        wanted = due(holes(self.known.spans, first, last, step), self.known.asked, now, step)
        if self.known.spans and self.client.source.overlap_bars:
            newest = min(self.known.spans[-1][1], last)
            wanted.append((max(first, newest - (self.client.source.overlap_bars - 1) * step), newest))
        return [(a, b) for a, b in joined(wanted, limit * step) if a <= b]

    def _limit(self, market: Mapping[str, Any]) -> int:
        exchange = self.client.exchange()
        if self.timeframe not in (exchange.timeframes or {}):
            raise SourceError(
                f"{self.client.source.id} has no {self.timeframe} candles; "
                f"it has {', '.join(exchange.timeframes or {})}"
            )
        described = (exchange.features or {}).get("spot" if market.get("spot") else "swap") or {}
        described = described.get("linear") or described
        return int((described.get("fetchOHLCV") or {}).get("limit") or DEFAULT_LIMIT)

    def _fetch(self, limit: int) -> Any:
        def fetch(since: int | None, until: int | None) -> Rows:
            params = {} if until is None else {"until": until}
            exchange = self.client.exchange()
            got, bodies = self.client.guarded(
                _with_bodies, exchange.fetch_ohlcv, self.symbol, self.timeframe, since, limit, params
            )
            if not got and bodies:
                self._check_that_nothing_was_sent(exchange, bodies[-1])
            return _as_rows(got, self.client.source.id)

        return fetch

    def _check_that_nothing_was_sent(self, exchange: Any, body: bytes) -> None:
        """ccxt drops rows whose times it cannot read. SourceError where an answer has such rows and no other."""
        sent = _longest_list(orjson.loads(body))
        market = exchange.market(self.symbol)
        try:
            times = [exchange.parse_ohlcv(row, market)[0] for row in sent]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError):
            times = []
        if sent and not any(isinstance(t, int | float) and t > EARLIEST_MS for t in times):
            raise SourceError(f"{self.client.source.id} sent {len(sent)} rows without readable times: {short(sent[0])}")

    def _page(self, rows: Rows, market: Mapping[str, Any]) -> Page:
        opened = pl.col("ts").cast(pl.Int64).cast(pl.Datetime("ms", "UTC")).dt.cast_time_unit("us")
        frame = pl.DataFrame(rows, schema=["ts", "open_quote", "high_quote", "low_quote", "close_quote", "volume_base"])
        columns = ["open_quote", "high_quote", "low_quote", "close_quote", "volume_base"]
        coins = volume_in_coins(self.client.source.id, market, "volume_base", "close_quote")
        frame = frame.with_columns(pl.col(columns).fill_nan(None)).with_columns(volume_base=coins)
        typed = frame.select(
            exchange=pl.lit(self.client.source.id), symbol=pl.lit(self.symbol), timeframe=pl.lit(self.timeframe),
            event_ts=opened, available_ts=opened + pl.duration(seconds=SECONDS[self.timeframe]),
            asset=asset_at(market["base"], self.client.source.id, opened), quote=pl.lit(market["quote"]),
            **{c: pl.col(c) for c in columns},
        )  # fmt: skip
        where = f"{self.client.source.id} {self.symbol} {self.timeframe} from {int(rows[0, 0])}"
        return Page(
            CANDLES,
            typed,
            f"exchange:{self.client.source.id}",
            where,
            digest(rows.tobytes()),
            rows.nbytes,
        )

    def _asked_page(self, todo: list[Span], seen: list[NDArray[np.int64]], step: int, now: int) -> Page:
        """The spans that stayed empty, those asked for now and those resting since earlier."""
        got = spans(np.concatenate(seen) if seen else np.array([], np.int64), step)
        present = joined(self.known.spans + got, step)
        empty = [(a, b, now) for first, last in todo for a, b in holes(present, first, last, step)]
        resting = [
            (a, b, at)
            for first, last, at in self.known.asked
            for a, b in holes(joined(present + todo, step), first, last, step)
        ]
        frame = pl.DataFrame(
            sorted(resting + empty), schema={"start": pl.Int64, "end": pl.Int64, "asked": pl.Int64}, orient="row"
        ).select(
            exchange=pl.lit(self.client.source.id), symbol=pl.lit(self.symbol), timeframe=pl.lit(self.timeframe),
            start_ts=as_utc("start"), end_ts=as_utc("end"), asked_ts=as_utc("asked"),
        )  # fmt: skip
        mine = {"exchange": self.client.source.id, "symbol": self.symbol, "timeframe": self.timeframe}
        where = f"{self.client.source.id} {self.symbol} {self.timeframe} empty spans"
        return Page(ASKED_RANGES, frame, f"exchange:{self.client.source.id}", where, digest(where, now), replace=mine)


async def _with_bodies(call: Any, *args: Any) -> tuple[Any, list[bytes]]:
    """What a ccxt call gives, and the bodies of the answers that it is made from."""
    bodies: list[bytes] = []
    BODIES.set(bodies)
    return await call(*args), bodies


def _longest_list(value: Any) -> list[Any]:
    """The longest list of rows (lists or objects) anywhere in a JSON value."""
    if isinstance(value, dict):
        return max((_longest_list(v) for v in value.values()), key=len, default=[])
    if isinstance(value, list) and any(isinstance(v, list | dict) for v in value):
        return value
    return []


def _grid(since: int, now: int, until: int | None, listed: int | None, step: int) -> tuple[int, int]:
    """First bar wanted, and the last bar that was closed, by the exchange's clock, for SETTLE_MS at least."""
    first = -(-max(since, int(listed or 0) // step * step) // step) * step
    last = (min(now - SETTLE_MS, until or now) // step - 1) * step
    return first, last


def _sound(rows: Rows) -> NDArray[np.bool_]:
    """Rows that can be true: others are refused when they are written, and asked for again as if they were missing."""
    with np.errstate(invalid="ignore"):
        top, bottom = rows[:, [1, 4]].max(1), rows[:, [1, 4]].min(1)
        return np.isfinite(rows).all(1) & (rows[:, 3] > 0) & (rows[:, 2] >= top) & (rows[:, 3] <= bottom)


def _as_rows(got: Any, exchange: str) -> Rows:
    """ccxt's candles as [N, 6], None as NaN. SourceError where they are no such table."""
    if not isinstance(got, list):
        raise SourceError(f"{exchange} sent {type(got).__name__} where candles were expected")
    if not got:
        return np.empty((0, 6))
    try:
        rows = np.array([row[:6] for row in got], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SourceError(f"{exchange} sent candles that are no numbers: {short(got[0])}") from error
    if rows.ndim != 2 or rows.shape[1] != 6 or not np.isfinite(rows[:, 0]).all():
        raise SourceError(f"{exchange} sent candles without their six columns or times: {short(got[0])}")
    return rows
