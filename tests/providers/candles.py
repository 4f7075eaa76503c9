"""Simulated markets and what all simulated exchanges share: which bars can be seen at the exchange's clock.

    bars = market(n_bars=500, seed=1)                        # [n, 6] open ms, open, high, low, close, volume
    exchange = Binance({"BTC/USDT": bars}, now_ms=lambda: NOW)
    exchange.quirks.holes = {"BTC/USDT": {ms, ...}}          # may be changed while a server runs
    exchange.revise("BTC/USDT", ms, close=9.9, after=1)      # seen from the second request for candles on

Bars may be given as a polars frame instead: its first six columns, in that order, the first in ms or a Datetime.
Symbols are ccxt's: "BTC/USDT" is a spot market, "BTC/USDT:USDT" a linear perpetual. The bar that is open at the
exchange's clock is shown unfinished (less volume, a narrower range, a close under way); later bars are not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_704_067_200_000  # 2024-01-01
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
Bars = np.ndarray
"""[n, 6] float64: open ms, open, high, low, close, volume; oldest first."""


def timeframe_ms(timeframe: str) -> int:
    """Length of "1m", "4h", "1d", "1w" in milliseconds."""
    return int(timeframe[:-1]) * UNITS[timeframe[-1]]


def market(
    n_bars: int, seed: int, *, start_ms: int = START, timeframe: str = "1h", price: float = 100.0, step: float = 0.01
) -> Bars:
    """A geometric random walk as [n_bars, 6] bars; the same for the same arguments. Prices have five figures."""
    rng = np.random.default_rng(seed)
    decimals = max(4 - int(np.floor(np.log10(price))), 0)
    close = np.round(price * np.exp(np.cumsum(rng.normal(0, step, n_bars))), decimals)
    opened = np.concatenate([[price], close[:-1]])
    wick = np.abs(rng.normal(0, step / 2, (2, n_bars)))
    high = np.round(np.maximum(opened, close) * (1 + wick[0]), decimals)
    low = np.round(np.minimum(opened, close) * (1 - wick[1]), decimals)
    volume = np.round(rng.lognormal(3, 1, n_bars), 5)
    time = start_ms + timeframe_ms(timeframe) * np.arange(n_bars)
    return np.column_stack([time, opened, high, low, close, volume]).astype(np.float64)


def funding_rates(n: int, seed: int, *, start_ms: int = START, every_ms: int = 8 * HOUR) -> np.ndarray:
    """Simulated funding: [n, 2] of (ms, rate), eight decimals."""
    rates = np.round(np.random.default_rng(seed).normal(1e-4, 1e-4, n), 8)
    return np.column_stack([start_ms + every_ms * np.arange(n), rates])


@dataclass(frozen=True)
class Listing:
    """One market of an exchange.

    `candles`: bars of the exchange's base timeframe, or {timeframe: bars}; coarser timeframes are made from finer ones.
    `funding`: [n, 2] of (ms, rate), for perpetuals. Before `listed_ms` the symbol is unknown; from `delisted_ms` on it
    is listed as inactive and has no new bars; from `gone_ms` on it is unknown again.
    """

    candles: Bars | pl.DataFrame | Mapping[str, Bars | pl.DataFrame]
    funding: np.ndarray | None = None
    listed_ms: int | None = None
    delisted_ms: int | None = None
    gone_ms: int | None = None


@dataclass
class Quirks:
    """What is odd about an exchange's answers.

    `holes`: open times of base bars that are absent, per symbol. `duplicates`: so many rows of a page are sent twice.
    `shuffled`: the rows of a page are out of order. `overlap`: page `overlap_page` (counted from 1 per symbol and
    timeframe) brings so many rows from before what was asked. `silent`: symbols that are listed but have no candles.
    `clock_skew_ms`: the exchange's clock runs ahead (or behind, negative) of `now_ms`.
    """

    holes: Mapping[str, Iterable[int]] = field(default_factory=dict)
    duplicates: int = 0
    shuffled: bool = False
    overlap: int = 0
    overlap_page: int = 2
    silent: Iterable[str] = ()
    clock_skew_ms: int = 0


@dataclass(frozen=True)
class _Revision:
    symbol: str
    open_ms: int
    values: dict[int, float]
    after: int


class Exchange:
    """Base of the simulated exchanges.

    `candles`: per symbol its bars or a `Listing`. `now_ms`: the true time. `timeframe`: of bars given without one.
    """

    def __init__(
        self,
        candles: Mapping[str, Bars | pl.DataFrame | Listing],
        now_ms: Callable[[], int],
        *,
        timeframe: str = "1h",
        quirks: Quirks | None = None,
    ) -> None:
        self.quirks = quirks or Quirks()
        self.listings: dict[str, Listing] = {}
        self._now_ms = now_ms
        self._bars: dict[tuple[str, str], Bars] = {}
        self._base: dict[str, list[str]] = {}
        self._revisions: list[_Revision] = []
        self._served: dict[str, int] = {}
        self._pages: dict[tuple[str, str], int] = {}
        for symbol, given in candles.items():
            self.list_market(symbol, given if isinstance(given, Listing) else Listing(given), timeframe)

    def list_market(self, symbol: str, listing: Listing, timeframe: str = "1h") -> None:
        """Add a market, or replace one (give a listing with `delisted_ms` to delist it)."""
        given = listing.candles if isinstance(listing.candles, Mapping) else {timeframe: listing.candles}
        self.listings[symbol] = replace(listing, candles=given)
        for one, bars in given.items():
            self._bars[symbol, one] = _array(bars)
        self._base[symbol] = sorted(given, key=timeframe_ms)

    def revise(
        self,
        symbol: str,
        open_ms: int,
        *,
        open: float | None = None,
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float | None = None,
        after: int = 0,
    ) -> None:
        """Change a base bar; seen once `after` more requests for candles of this symbol have been answered."""
        values = {i: v for i, v in enumerate((open, high, low, close, volume), 1) if v is not None}
        self._revisions.append(_Revision(symbol, open_ms, values, self._served.get(symbol, 0) + after))

    @property
    def clock_ms(self) -> int:
        """The exchange's own clock: what it tells as server time, and what decides which bars exist."""
        return int(self._now_ms()) + self.quirks.clock_skew_ms

    def known(self) -> dict[str, Listing]:
        """The markets that exist at the exchange's clock."""
        now = self.clock_ms
        return {
            symbol: one
            for symbol, one in self.listings.items()
            if (one.listed_ms or 0) <= now and (one.gone_ms is None or now < one.gone_ms)
        }

    def is_active(self, symbol: str) -> bool:
        """Whether the market trades at the exchange's clock."""
        delisted = self.listings[symbol].delisted_ms
        return delisted is None or self.clock_ms < delisted

    def visible(self, symbol: str, timeframe: str, offset_ms: int = 0) -> Bars:
        """All bars of a market at the exchange's clock, oldest first, the last one perhaps unfinished.

        With `offset_ms` they begin that much after whole multiples of the timeframe (days that begin at 16:00).
        """
        if symbol in set(self.quirks.silent):
            return np.empty((0, 6))
        wanted = timeframe_ms(timeframe)
        finer = [t for t in self._base[symbol] if wanted % timeframe_ms(t) == 0 and offset_ms % timeframe_ms(t) == 0]
        if not finer:
            raise ValueError(f"{symbol}: {timeframe} was asked, but only {self._base[symbol]} were given")
        bars = self._revised(symbol, self._bars[symbol, finer[-1]])
        bars = self._until_now(symbol, bars, timeframe_ms(finer[-1]))
        absent = self.quirks.holes.get(symbol)
        if absent is not None:
            bars = bars[~np.isin(bars[:, 0], list(absent))]
        return bars if finer[-1] == timeframe else coarser(bars, wanted, offset_ms)

    def page(self, symbol: str, timeframe: str, pick: Callable[[Bars], slice], offset_ms: int = 0) -> Bars:
        """The rows of one answer: `pick` of the visible bars (a slice, oldest first), then the quirks.

        Counts as one request for candles of this symbol.
        """
        bars = self.visible(symbol, timeframe, offset_ms)
        chosen = pick(bars)
        first, last, _ = chosen.indices(len(bars))
        self._served[symbol] = self._served.get(symbol, 0) + 1
        number = self._pages[symbol, timeframe] = self._pages.get((symbol, timeframe), 0) + 1
        if number == self.quirks.overlap_page:
            first = max(first - self.quirks.overlap, 0)
        rows = bars[first:last]
        rng = np.random.default_rng(number)
        if self.quirks.duplicates and len(rows):
            again = np.sort(rng.integers(0, len(rows), self.quirks.duplicates))
            rows = np.concatenate([rows, rows[again]])
            rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return rng.permutation(rows) if self.quirks.shuffled else rows

    def _revised(self, symbol: str, bars: Bars) -> Bars:
        due = [r for r in self._revisions if r.symbol == symbol and self._served.get(symbol, 0) >= r.after]
        if due:
            bars = bars.copy()
        for revision in due:
            at = np.flatnonzero(bars[:, 0] == revision.open_ms)
            for column, value in revision.values.items():
                bars[at, column] = value
        return bars

    def _until_now(self, symbol: str, bars: Bars, length: int) -> Bars:
        listing, now = self.listings[symbol], self.clock_ms
        first = np.searchsorted(bars[:, 0], listing.listed_ms or 0)
        end = np.inf if listing.delisted_ms is None else listing.delisted_ms
        bars = bars[first : np.searchsorted(bars[:, 0], min(now + 1, end))]
        if len(bars) and bars[-1, 0] + length > now:
            bars = np.concatenate([bars[:-1], [_unfinished(bars[-1], (now - bars[-1, 0]) / length)]])
        return bars


def plain(value: float) -> str:
    """A number as exchanges write it: at most eight decimals, never an exponent."""
    return f"{value:.8f}".rstrip("0").rstrip(".") or "0"


def coarser(bars: Bars, length: int, offset_ms: int = 0) -> Bars:
    """Bars of `length` ms made from finer ones (epoch-aligned); one with bars missing is made from those that exist."""
    if not len(bars):
        return bars
    shift = offset_ms + (4 * DAY if length % (7 * DAY) == 0 else 0)  # weeks begin on Monday
    start = (bars[:, 0] - shift) // length * length + shift
    first = np.flatnonzero(np.diff(start, prepend=-1))
    last = np.append(first[1:], len(bars)) - 1
    high, low = np.maximum.reduceat(bars[:, 2], first), np.minimum.reduceat(bars[:, 3], first)
    volume = np.round(np.add.reduceat(bars[:, 5], first), 8)
    return np.column_stack([start[first], bars[first, 1], high, low, bars[last, 4], volume])


def _unfinished(bar: np.ndarray, share: float) -> np.ndarray:
    """How a bar looked when `share` of its time had passed."""
    time, opened, high, low, close, volume = bar
    reached = opened + share * (close - opened)
    high = max(opened, reached) + share * (high - max(opened, close))
    low = min(opened, reached) + share * (low - min(opened, close))
    return np.round([time, opened, high, low, reached, share * volume], 8)


def _array(bars: Bars | pl.DataFrame) -> Bars:
    if isinstance(bars, pl.DataFrame):
        frame = bars.select(bars.columns[:6])
        if isinstance(frame.dtypes[0], pl.Datetime):
            frame = frame.with_columns(pl.nth(0).dt.epoch("ms"))
        bars = frame.cast(pl.Float64).to_numpy()
    return bars[np.argsort(bars[:, 0], kind="stable")].astype(np.float64)
