"""How far prices moved from one close to a later one, in units of the sigma known at the first: raw, or beyond the
market.

Everything is a function of a row of the grid, so that a release and the times it is compared with are measured alike.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_path, log_returns
from features.volatility import EWMA_HALF_LIFE_H, VolatilityScale, ewma, scale_of_returns

MIN_HALF_LIFE_BARS = 10.0
WEEKS_FOR_PATTERN = 8
FAST_BARS = 3.0
LARGEST = 4.0
SMALLEST_MOVE, USUAL_MOVE, LARGE_MOVE = 0.2, 0.67, 2.5


@dataclass(frozen=True)
class MoveGrid:
    """Moves on a grid of T rows × A assets, beyond `beta` × the market (0: raw moves).

    `path` [T, A] log prices (NaN in gaps, moves over gaps taken out); `market` [T, A] the summed log returns of the
    index of each asset, `unknown` [T, A] the number of its bars without a return so far; `beta` [T, A] as known at each
    row. `variance` [T, A] per bar, of the moves that are measured, as known at each row; `scale` its hour-of-week
    pattern, where there is one.
    """

    path: Array
    market: Array
    unknown: Array
    beta: Array
    variance: Array
    scale: VolatilityScale | None
    returns: Array
    _pattern: dict[int, Array] = field(default_factory=dict, repr=False)

    def sigma(self, row: NDArray[np.int64], asset: NDArray[np.int64], steps: int) -> Array:
        """Sigma of the move over the next `steps` bars as known at `row` (any shape)."""
        if steps not in self._pattern:
            rows = len(self.path)
            self._pattern[steps] = np.full(rows, float(steps)) if self.scale is None else self.scale.pattern_sum(steps)
        return np.sqrt(self.variance[row, asset] * self._pattern[steps][row])

    def moved(self, row: NDArray[np.int64], asset: NDArray[np.int64], steps: int) -> Array:
        """Log move from `row` to `steps` bars later (any shape); NaN off the grid, in gaps, without a beta or index."""
        inside = (row >= 0) & (row + steps < len(self.path))
        first, last = np.where(inside, row, 0), np.where(inside, row + steps, 0)
        own = self.path[last, asset] - self.path[first, asset]
        market = self.market[last, asset] - self.market[first, asset]
        known = inside & (self.unknown[last, asset] == self.unknown[first, asset])
        return np.where(known, own - self.beta[first, asset] * market, np.nan)

    def scaled(self, row: NDArray[np.int64], asset: NDArray[np.int64], steps: int) -> Array:
        """The same ÷ sigma, with its sign."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.moved(row, asset, steps) / self.sigma(np.clip(row, 0, len(self.path) - 1), asset, steps)

    def states(self) -> list[Array]:
        """The state of volatility at each row, [T, A] each: ln of sigma, of the last bars' volatility, of |last move|.

        The three by which times are matched; moves in units of the sigma before them. An unknown one counts as usual,
        and beyond LARGE_MOVE all are alike.
        """
        rows, columns = self.path.shape
        sigma = self.sigma(np.arange(rows)[:, None], np.arange(columns), 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            last = np.abs(self.returns) / np.vstack([np.full((1, sigma.shape[1]), np.nan), sigma[:-1]])
            seen = np.where(np.isfinite(last), last, USUAL_MOVE)
            return [
                0.5 * np.log(self.variance),
                np.log(np.clip(np.sqrt(ewma(last**2, FAST_BARS)), SMALLEST_MOVE, LARGE_MOVE)),
                np.log(np.clip(seen, SMALLEST_MOVE, LARGE_MOVE)),
            ]


def raw_moves(bars: Bars, scale: VolatilityScale | None) -> MoveGrid:
    """Moves as they are, in units of the reference walk's sigma; `scale` of hourly bars, None: without a pattern."""
    none = np.zeros_like(bars.close)
    returns = log_returns(bars)
    variance = scale.variance if scale is not None else _ewma_variance(returns, bars)
    return MoveGrid(log_path(bars), none, none, none, variance, scale, returns)


def residual_moves(bars: Bars, index: Array, span: int, gap: int) -> MoveGrid:
    """Moves beyond beta × the index, in units of the EWMA sigma of such residuals.

    `index` [T, A] log return of the market for each asset. Beta at a row is that of least squares over the `span` bars
    that end `gap` bars before it, as in the market model; the intercept is left out, since the null is a walk without
    drift. NaN where fewer than four fifths of the span are known; the sigma counts such bars with a slope of 1.
    """
    returns = log_returns(bars)
    beta = rolling_beta(returns, index, span, gap)
    before = np.vstack([np.full((1, beta.shape[1]), np.nan), beta[:-1]])
    known_slope = np.where(np.isfinite(before), before, 1.0)
    residual = clipped(returns - known_slope * index, EWMA_HALF_LIFE_H / bars.step_h)
    patterned = bars.timeframe == "1h" and len(returns) >= WEEKS_FOR_PATTERN * 168
    scale = scale_of_returns(residual, bars.close_ts) if patterned else None
    variance = scale.variance if scale is not None else _ewma_variance(residual, bars)
    known = np.isfinite(index)
    market, unknown = np.cumsum(np.where(known, index, 0.0), axis=0), np.cumsum(~known, axis=0).astype(np.float64)
    return MoveGrid(log_path(bars), market, unknown, beta, variance, scale, residual)


def clipped(returns: Array, half_life: float) -> Array:
    """Returns cut at LARGEST times the EWMA volatility of the bars before, [T, A]: past news is no volatility."""
    sigma = np.sqrt(ewma(returns**2, half_life))
    before = np.vstack([np.full((1, sigma.shape[1]), np.inf), np.where(sigma[:-1] > 0, sigma[:-1], np.inf)])
    limit = LARGEST * np.where(np.isnan(before), np.inf, before)
    return np.clip(returns, -limit, limit)


def rolling_beta(returns: Array, index: Array, span: int, gap: int) -> Array:
    """Slope of least squares of returns on the index, [T, A], over the `span` rows that end `gap` rows before each.

    A flat index has slope 0.
    """
    both = np.isfinite(returns) & np.isfinite(index)
    y, x = np.where(both, returns, 0.0), np.where(both, index, 0.0)
    n, sx, sy, sxy, sxx = (_rolling_sum(v, span, gap) for v in (both.astype(np.float64), x, y, x * y, x * x))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = sxx - sx**2 / n
        slope = np.where(spread > 1e-12 * sxx, (sxy - sx * sy / n) / spread, 0.0)
    return np.where(n >= MIN_FILLED * span, slope, np.nan)


MIN_FILLED = 0.8


def _rolling_sum(x: Array, span: int, gap: int) -> Array:
    """Sum over the `span` rows that end `gap` rows before each, [T, A]; NaN where they begin before the grid."""
    total = np.cumsum(np.pad(x, ((1, 0), (0, 0))), axis=0)
    last = np.arange(1, len(x) + 1) - gap
    out = total[np.maximum(last, 0)] - total[np.maximum(last - span, 0)]
    out[last - span < 0] = np.nan
    return out


def _ewma_variance(returns: Array, bars: Bars) -> Array:
    """EWMA variance per bar, [T, A], for bars without an hour-of-week pattern."""
    return ewma(returns**2, max(EWMA_HALF_LIFE_H / bars.step_h, MIN_HALF_LIFE_BARS))
