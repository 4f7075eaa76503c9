"""What a ledger trades on: prices bar by bar, whether there was one, and what was known of liquidity and carry."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import JUMP, Bars

LOOKBACK_H = 168.0  # volatility and volume are those of the week before
FEWEST_BARS = 24
HOURS_PER_DAY = 24.0
_PARKINSON = 4 * np.log(2)


@dataclass(frozen=True)
class Market:
    """T bars × A assets; row t is known at `close_ts[t]`.

    `price` as quoted and `unit`, the value of what one unit bought at the start has become: the same, but for seams
    (another market, a redenomination), at which the value is carried on. Both are the last known ones through a gap, 0
    before the first bar. `traded`: whether there was a bar to trade at. `volatility`: of a day's return, and
    `volume_usd`: traded in a day, both of the week before the close; `measured` [A]: whether its
    volume is known at all. `funding`: share of the notional that a long
    position pays at the settlements within the bar, 0 where there are none. `ended`: bars at which an asset counts as
    delisted, `delisted_after_h` after the last bar that it ever has; one that trades again was halted, or its bars are
    missing.
    """

    assets: tuple[str, ...]
    close_ts: NDArray[np.datetime64]
    step_h: float
    price: Array
    unit: Array
    traded: NDArray[np.bool_]
    volatility: Array
    volume_usd: Array
    measured: NDArray[np.bool_]
    funding: Array
    ended: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.close_ts)


def market_of(bars: Bars, funding: Array | None = None, *, delisted_after_h: float = 168.0) -> Market:
    """The market of a grid of bars; `funding` [T, A] as in Market.

    A price that is JUMP times the one before it over a gap, or a JUMPth, is a seam too: a redenomination. ValueError
    for funding of another shape.
    """
    rows = len(bars.close)
    if funding is None:
        funding = np.zeros(bars.close.shape)
    if funding.shape != bars.close.shape:
        raise ValueError(f"funding must be of the shape of the bars {bars.close.shape}, got {funding.shape}")
    traded = np.isfinite(bars.close) & (bars.close > 0)
    last = np.maximum.accumulate(np.where(traded, np.arange(rows)[:, None], -1), axis=0)
    price = np.where(last >= 0, np.take_along_axis(bars.close, np.maximum(last, 0), axis=0), 0.0)
    n = int(LOOKBACK_H / bars.step_h)
    measured: NDArray[np.bool_] = np.isfinite(bars.volume).sum(0) > 0
    volatility = np.sqrt(_trailing_mean(_variance(bars), n) * HOURS_PER_DAY / bars.step_h)
    with np.errstate(invalid="ignore"):
        dollars = np.where(last >= 0, np.where(traded, bars.volume * bars.close, 0.0), np.nan)
    volume = _trailing_mean(dollars, n) * HOURS_PER_DAY / bars.step_h
    ended = np.zeros(traded.shape, dtype=bool)
    final = last[-1] + int(np.ceil(delisted_after_h / bars.step_h))
    gone = (last[-1] >= 0) & (final < rows)
    ended[final[gone], np.flatnonzero(gone)] = True
    return Market(
        bars.assets, bars.close_ts, bars.step_h, price, _units(bars, traded), traded, volatility, volume,
        measured, np.nan_to_num(funding), ended,
    )  # fmt: skip


def _variance(bars: Bars) -> Array:
    """Variance of each bar's return, [T, A]: by Parkinson from its range; the squared move of an asset without."""
    with np.errstate(divide="ignore", invalid="ignore"):
        by_range = np.log(bars.high / bars.low) ** 2 / _PARKINSON
        by_move = np.diff(np.log(bars.close), axis=0, prepend=np.nan) ** 2
    return np.where(np.nan_to_num(by_range).any(0), by_range, by_move)


def _units(bars: Bars, traded: NDArray[np.bool_]) -> Array:
    """`Market.unit`: closes with the moves at seams taken out, the last known one through gaps."""
    out = np.zeros(bars.close.shape)
    seams = np.zeros(bars.close.shape, dtype=bool) if bars.seams is None else bars.seams
    seen = np.cumsum(seams, axis=0)
    for a in range(len(bars.assets)):
        rows = np.flatnonzero(traded[:, a])
        if len(rows) == 0:
            continue
        close = bars.close[rows, a]
        move = np.log(close[1:] / close[:-1])
        move[(np.diff(seen[rows, a]) > 0) | (np.abs(move) >= np.log(JUMP))] = 0.0
        path = np.exp(np.concatenate([[0.0], np.cumsum(move)])) * close[0] if (move == 0).any() else close
        out[rows[0] :, a] = path[np.searchsorted(rows, np.arange(rows[0], len(out)), side="right") - 1]
    return out


def _trailing_mean(values: Array, n: int) -> Array:
    """Mean of the finite values of the `n` rows up to each row, NaN where fewer than FEWEST_BARS are finite."""
    finite = np.isfinite(values)
    total, count = np.cumsum(np.where(finite, values, 0.0), axis=0), np.cumsum(finite, axis=0)
    if len(values) > n:
        total[n:], count[n:] = total[n:] - total[:-n], count[n:] - count[:-n]
    return np.where(count >= FEWEST_BARS, np.maximum(total, 0.0) / np.maximum(count, 1), np.nan)
