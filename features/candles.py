"""From a long table of candles to a dense grid of bars, and returns on it. Gaps stay gaps (NaN)."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from domain.timeframes import SECONDS
from domain.types import Array
from features.market_choice import choose_markets, market_stats, series_of


@dataclass(frozen=True)
class Bars:
    """A dense grid of bars: T times × A assets, NaN where there was no bar.

    `close_ts` [T] holds the closes of the bars (datetime64[s], UTC): row t is known at `close_ts[t]` and not before.
    Prices are in the quote currency per unit of the asset, volume in units of the asset. A bar in which nothing was
    traded has a volume of 0 and no prices. `seams` [T, A]: bars at which the series goes on in another market or unit.
    """

    assets: tuple[str, ...]
    timeframe: str
    close_ts: NDArray[np.datetime64]
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    seams: NDArray[np.bool_] | None = None

    @property
    def step_h(self) -> float:
        """Length of a bar in hours."""
        return SECONDS[self.timeframe] / 3600

    def row_at(self, ts: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Index of the last bar closed at or before each moment; −1 before the first."""
        return np.searchsorted(self.close_ts, ts.astype("datetime64[s]"), side="right") - 1


def build_bars(candles: pl.DataFrame, timeframe: str = "1h", quotes: tuple[str, ...] = ("USDT", "USD", "USDC")) -> Bars:
    """The grid of one timeframe, one series per asset: of its best market, joined by others (`features.market_choice`).

    `candles` needs asset, exchange, quote, symbol, timeframe, event_ts, available_ts, *_quote, volume_base.
    NotEnoughDataError where there is no candle of the timeframe.
    """
    frame = candles.filter(pl.col("timeframe") == timeframe, pl.col("quote").is_in(list(quotes)))
    if frame.is_empty():
        have = candles.select(pl.format("{} in {}", "timeframe", "quote")).to_series().unique().sort().to_list()
        raise NotEnoughDataError(
            f"no {timeframe} candles quoted in {', '.join(quotes)}; there are {', '.join(have) or 'none'}"
        )
    frame = series_of(frame, choose_markets(market_stats(frame), quotes))
    assets = tuple(sorted(frame["asset"].unique().to_list()))
    seconds = SECONDS[timeframe]
    close_s = frame["event_ts"].dt.epoch("s").to_numpy() + seconds
    on_grid = close_s % seconds == 0  # bars that start off the hour (or minute) are quarantined on their way in
    if not on_grid.any():
        raise NotEnoughDataError(f"no {timeframe} candle starts at a multiple of {timeframe}")
    first = int(close_s[on_grid].min())
    n = (int(close_s[on_grid].max()) - first) // seconds + 1
    row = (close_s - first) // seconds
    position = {a: i for i, a in enumerate(assets)}
    col = frame["asset"].replace_strict(position, return_dtype=pl.Int64).to_numpy()
    grids = []
    for name in ("open_quote", "high_quote", "low_quote", "close_quote", "volume_base"):
        grid = np.full((n, len(assets)), np.nan)
        grid[row[on_grid], col[on_grid]] = frame[name].to_numpy()[on_grid]
        grids.append(grid)
    seams = np.zeros((n, len(assets)), dtype=bool)
    seams[row[on_grid], col[on_grid]] = frame["is_seam"].to_numpy()[on_grid]
    close_ts = (first + seconds * np.arange(n)).astype("datetime64[s]")
    open_, high, low, close, volume = grids
    prices = without_idle((open_, high, low, close), volume)
    seams |= jumps(prices[3])
    return Bars(assets, timeframe, close_ts, *prices, volume, seams if seams.any() else None)


Prices = tuple[Array, Array, Array, Array]


def without_idle(prices: Prices, volume: Array) -> Prices:
    """Open, high, low and close [T, A] without those of bars in which nothing was traded: an exchange that fills them
    in repeats the last price.
    """
    open_, high, low, close = (np.where(volume == 0, np.nan, price) for price in prices)
    return open_, high, low, close


JUMP = 30.0  # times as much from one bar to the next: a redenomination, or another unit, and no return


def jumps(close: Array) -> NDArray[np.bool_]:
    """Bars at which a series of closes [T, A] is JUMP times the bar before, or a JUMPth of it, [T, A]."""
    out = np.zeros(close.shape, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[1:] = np.abs(np.log(close[1:] / close[:-1])) >= np.log(JUMP)
    return out


def coarser_bars(bars: Bars, timeframe: str) -> Bars:
    """The same prices in longer bars: first open, highest, lowest, last close, summed volume of those that there are.

    A bar of which nothing was traded is a gap. ValueError where the timeframe is no multiple of that of `bars`.
    """
    length, own = SECONDS[timeframe], SECONDS[bars.timeframe]
    if length % own or length == own:
        raise ValueError(f"{timeframe} bars cannot be made of {bars.timeframe} bars")
    ends = bars.close_ts.astype("datetime64[s]").astype(np.int64)
    group = -(-ends // length)
    group, k = group - group[0], length // own
    place = ((ends - own) % length) // own
    shape = (int(group[-1]) + 1, k, len(bars.assets))

    def stacked(values: Array) -> Array:
        out = np.full(shape, np.nan)
        out[group, place] = values
        return out

    open_, high, low, close, volume = (stacked(x) for x in (bars.open, bars.high, bars.low, bars.close, bars.volume))
    known = np.isfinite(close)
    first, last, any_known = known.argmax(1), k - 1 - known[:, ::-1].argmax(1), known.any(1)

    def at(values: Array, place: NDArray[np.int64]) -> Array:
        return np.where(any_known, np.take_along_axis(values, place[:, None], axis=1)[:, 0], np.nan)

    highest = np.where(any_known, np.where(np.isfinite(high), high, -np.inf).max(1), np.nan)
    lowest = np.where(any_known, np.where(np.isfinite(low), low, np.inf).min(1), np.nan)
    summed = np.where(np.isfinite(volume).any(1), np.nansum(volume, axis=1), np.nan)
    seams = None if bars.seams is None else stacked(bars.seams.astype(np.float64)).max(1, initial=0, where=known) > 0
    closes = ((-(-ends[0] // length) + np.arange(shape[0])) * length).astype("datetime64[s]")
    return Bars(bars.assets, timeframe, closes, at(open_, first), highest, lowest, at(close, last), summed, seams)


def log_returns(bars: Bars) -> Array:
    """Log return of each bar over the bar before, [T, A]; NaN for the first bar, after a gap, and at a seam."""
    out = np.full_like(bars.close, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[1:] = np.log(bars.close[1:] / bars.close[:-1])
    return out if bars.seams is None else np.where(bars.seams, np.nan, out)


def log_path(bars: Bars) -> Array:
    """Log prices [T, A] whose differences are the moves that were returns; NaN in gaps.

    A move over a gap, or over a seam between markets, is none: it may be a halt, a redenomination, another venue. It is
    taken out of all prices after it. Without gaps this is the log of the closes.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_close = np.log(bars.close)
    held = pl.DataFrame(log_close).fill_nan(None).select(pl.all().forward_fill()).to_numpy()
    before = np.vstack([np.full((1, held.shape[1]), np.nan), held[:-1]])
    after_gap = np.isnan(np.vstack([np.full((1, held.shape[1]), np.nan), log_close[:-1]]))
    broken = (
        np.isfinite(log_close) & np.isfinite(before) & (after_gap if bars.seams is None else after_gap | bars.seams)
    )
    return log_close - np.cumsum(np.where(broken, log_close - before, 0.0), axis=0)


def market_index(returns: Array, weights: Array) -> Array:
    """Return of the market without the asset itself, [T, A].

    `weights` [T, A] are used as of the bar before, so that a bar never weighs itself. NaN where no other asset traded.
    """
    lagged = np.vstack([np.full((1, weights.shape[1]), np.nan), weights[:-1]])
    valid = np.isfinite(returns) & np.isfinite(lagged)
    w = np.where(valid, lagged, 0.0)
    contribution = w * np.where(valid, returns, 0.0)
    others_weight = w.sum(1, keepdims=True) - w
    others = contribution.sum(1, keepdims=True) - contribution
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(others_weight > 0, others / others_weight, np.nan)


def trailing_dollar_volume(bars: Bars, span: int = 720) -> Array:
    """Mean dollar volume of the last `span` bars, [T, A]: the index weight where no capitalisation is known."""
    return rolling_mean(dollar_volume(bars), span, min_valid=min(24, span))


def dollar_volume(bars: Bars) -> Array:
    """Volume × close of each bar (quote currency), [T, A]: 0 where nothing was traded, NaN where there is no bar."""
    return np.where(bars.volume == 0, 0.0, bars.volume * bars.close)


def rolling_mean(x: Array, span: int, min_valid: int = 1) -> Array:
    """Mean of the valid values among the last `span` rows, [T, A]; NaN below `min_valid` of them."""
    valid = np.isfinite(x)
    total = _window_sum(np.where(valid, x, 0.0), span)
    count = _window_sum(valid.astype(float), span)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= min_valid, total / count, np.nan)


def _window_sum(x: Array, span: int) -> Array:
    out = np.cumsum(x, axis=0)
    out[span:] = out[span:] - out[:-span]
    return out
