"""What a model expects at each decision, on the grid of the market: mean, median and sigma of every horizon."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.market import Market
from models.quantiles.quantiles import HORIZONS_H, LEVELS, MEDIAN

LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
NORMAL_90 = 3.2897
CORRELATION_H = 720
_SHRINK = 0.1  # towards no correlation: a sample of 720 hours of some 20 assets is noisy


@dataclass(frozen=True)
class Views:
    """Forecasts made at `rows` [D] of a market: mean, median and sigma of the log return, [D, A, H]; NaN: none.

    `correlation` [D, A, A]: of hourly returns over the CORRELATION_H before each decision.
    """

    rows: NDArray[np.int64]
    mean: Array
    median: Array
    sigma: Array
    correlation: Array

    def known(self) -> NDArray[np.bool_]:
        """Whether there is a forecast, [D, A]."""
        return np.isfinite(self.median[:, :, 0])


def views_of(market: Market, pairs: NDArray[np.int64], quantiles: Array) -> Views:
    """Views from quantiles [N, H, Q] for `pairs` [N, 2] of (asset, row)."""
    rows, at = np.unique(pairs[:, 1], return_inverse=True)
    shape = (len(rows), len(market.assets), len(HORIZONS_H))
    mean, median, sigma = (np.full(shape, np.nan) for _ in range(3))
    mean[at, pairs[:, 0]] = mean_of(quantiles)
    median[at, pairs[:, 0]] = quantiles[:, :, MEDIAN]
    sigma[at, pairs[:, 0]] = np.maximum((quantiles[..., HIGH] - quantiles[..., LOW]) / NORMAL_90, 1e-9)
    return Views(rows, mean, median, sigma, correlations(market, rows))


def views_from_table(market: Market, forecasts: pl.DataFrame) -> Views:
    """Views from rows of asset, origin_ts, horizon_h, level, log_return: one model, every horizon and level each time.

    Forecasts of assets that are not in the market are left out. ValueError where horizons or levels are others, some
    are missing, or no origin lies within the market.
    """
    own = forecasts.filter(pl.col("asset").is_in(list(market.assets))).sort("origin_ts", "asset", "horizon_h", "level")
    n = len(HORIZONS_H) * len(LEVELS)
    heads = own.gather_every(n)
    told = own.select("horizon_h", "level").to_numpy().reshape(-1, n, 2) if len(own) % n == 0 else np.empty((0, n, 2))
    wanted = np.array([(h, level) for h in HORIZONS_H for level in LEVELS])
    if len(own) == 0 or len(told) == 0 or not np.allclose(told, wanted) or own["log_return"].is_null().any():
        raise ValueError(
            f"forecasts need the horizons {HORIZONS_H} h and the {len(LEVELS)} levels {LEVELS} at each origin of each "
            f"asset; {len(own)} rows of assets of the market are not of that shape"
        )
    position = {asset: i for i, asset in enumerate(market.assets)}
    asset = heads["asset"].replace_strict(position, return_dtype=pl.Int64).to_numpy()
    origin = heads["origin_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = np.searchsorted(market.close_ts, origin, side="right") - 1
    inside = (row >= 0) & (market.close_ts[np.maximum(row, 0)] == origin)
    if not inside.any():
        raise ValueError(
            f"no origin of the forecasts ({origin.min()} to {origin.max()}) is the close of a bar of the market "
            f"({market.close_ts[0]} to {market.close_ts[-1]})"
        )
    values = own["log_return"].to_numpy().reshape(-1, len(HORIZONS_H), len(LEVELS))
    return views_of(market, np.stack([asset, row], axis=1)[inside], values[inside])


def mean_of(quantiles: Array) -> Array:
    """Mean [...] of distributions given by quantiles [..., Q]: each stands for the levels nearest to it."""
    levels = np.array(LEVELS)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return quantiles @ np.diff(edges)


def correlations(market: Market, rows: NDArray[np.int64]) -> Array:
    """Correlation of returns over the CORRELATION_H up to each row, shrunk towards none, [D, A, A]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.nan_to_num(np.diff(np.log(market.unit), axis=0, prepend=np.nan), posinf=0.0, neginf=0.0)
    n, assets = int(CORRELATION_H / market.step_h), len(market.assets)
    out = np.empty((len(rows), assets, assets))
    for i, row in enumerate(rows):
        part = moves[max(0, row + 1 - n) : row + 1]
        scale = np.sqrt((part**2).sum(0))
        scale[scale == 0] = 1.0
        out[i] = (1 - _SHRINK) * (part / scale).T @ (part / scale)
        np.fill_diagonal(out[i], 1.0)
    return out
