"""The random walks. The *reference walk* is the null hypothesis of everything in tapewire.

    plain       zero drift, the asset's historical spread
    drift       the same around the asset's historical mean
    reference   zero drift, EWMA volatility × hour-of-week pattern, the asset's own standardised quantiles

Zero drift means a median of zero and symmetric quantiles: level τ and 1 − τ are ± the (2τ − 1)-quantile of |z|.
"""

import numpy as np

from domain.errors import NotEnoughDataError
from domain.types import Array
from features.volatility import VolatilityScale
from models.forecast.walk import Walk
from models.quantiles.quantiles import HORIZONS_H, LEVELS

POOLING = 250.0
WALKS = ("plain", "drift", "reference")


def targets(log_close: Array) -> Array:
    """Cumulative log return over each horizon from each row, [T, A, H]; NaN where either end is missing."""
    out = np.full((*log_close.shape, len(HORIZONS_H)), np.nan)
    for i, h in enumerate(HORIZONS_H):
        out[:-h, :, i] = log_close[h:] - log_close[:-h]
    return out


def horizon_sigma(scale: VolatilityScale) -> Array:
    """The reference walk's sigma over each horizon, as known at each row, [T, A, H]."""
    return np.stack([np.sqrt(scale.horizon_variance(h)) for h in HORIZONS_H], axis=2)


def fit_walk(kind: str, y: Array, sigma: Array, train_end: int) -> Walk:
    """Fit on rows whose targets end at or before row `train_end`.

    `y` [T, A, H] from `targets`, `sigma` [T, A, H] from `horizon_sigma`. An asset with few observations borrows from
    all: its quantiles are mixed with the pooled ones by n / (n + POOLING), n counted in non-overlapping spans.
    ValueError for an unknown kind, NotEnoughDataError where no asset has a target.
    """
    if kind not in WALKS:
        raise ValueError(f"random walk {kind!r} is unknown; there are {', '.join(WALKS)}")
    unit = sigma if kind == "reference" else np.ones_like(sigma)
    known = [train_end - h + 1 for h in HORIZONS_H]
    one_hour = y[: max(known[0], 0), :, 0]
    drift = np.zeros(y.shape[1])
    if kind == "drift":
        known_hours = np.isfinite(one_hour)
        drift = np.where(known_hours, one_hour, 0).sum(0) / np.maximum(known_hours.sum(0), 1)
    quantiles = np.stack(
        [
            _pooled_quantiles(y[: max(n, 0), :, i] - drift * h, unit[: max(n, 0), :, i], h)
            for i, (n, h) in enumerate(zip(known, HORIZONS_H, strict=True))
        ],
        axis=1,
    )
    return Walk(quantiles, drift, unit)


def _pooled_quantiles(y: Array, unit: Array, horizon: int) -> Array:
    """Symmetric quantiles of y ÷ unit per asset, [A, Q], drawn towards the pooled shape at the asset's own spread."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(y / unit)
    own = [column[np.isfinite(column)] for column in z.T]
    if sum(map(len, own)) == 0:
        raise NotEnoughDataError(f"no return over {horizon} h lies in the training span: train on a longer one")
    pooled_scale = float(np.median(np.concatenate(own)))
    probability = np.abs(2 * np.array(LEVELS) - 1)
    sign = np.sign(np.array(LEVELS) - 0.5)
    spread = [float(np.median(v)) if len(v) else pooled_scale for v in own]
    shape = np.quantile(
        np.concatenate([v / s for v, s in zip(own, spread, strict=True) if len(v) and s > 0] or [[1.0]]), probability
    )
    rows = []
    for values, s in zip(own, spread, strict=True):
        n = len(values) / horizon
        weight = n / (n + POOLING)
        center = weight * s + (1 - weight) * pooled_scale
        mine = np.quantile(values, probability) if len(values) else np.zeros_like(probability)
        rows.append(sign * (weight * mine + (1 - weight) * shape * center))
    return np.array(rows)
