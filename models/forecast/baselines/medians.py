"""Medians of the next returns, linear in past ones: after a rise the next hours' median lies below zero, slightly.

The mean hardly moves with past returns (fat tails pull it the other way), which is why the loss is that of quantiles.
The prior is zero, that of a random walk: a ridge penalty, no constant, and regressors that change sign with the price.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from domain.errors import NotEnoughDataError
from domain.types import Array
from features.panel import Panel
from models.forecast.walk import Walk
from models.quantiles.quantiles import HORIZONS_H, LEVELS

RETURN = "return_"
RIDGE = 0.1  # of the mean pinball loss in units of sigma, regressors with a mean square of 1
PRIOR_SPANS = 365.0  # with as few horizons of data the penalty is twice as high
CLIP = 3.0
EVERY_H = 5  # passes through all hours of the day
MIN_ORIGINS = 50
MOST_STEPS = 60


@dataclass(frozen=True)
class Medians:
    """Coefficients per horizon: `weights` [H, K] on past returns, each ÷ its `spread` [K], clipped at ± CLIP."""

    weights: Array
    spread: Array

    def median(self, panel: Panel, sigma: Array) -> Array:
        """Median of the cumulative log return as known at each row, [T, A, H]; `sigma` [T, A, H] is its unit."""
        x = _scaled(_regressors(panel), self.spread)
        return np.stack([(x @ w).T for w in self.weights], axis=2) * sigma


def fit_medians(panel: Panel, y: Array, walk: Walk, first: int, train_end: int) -> Medians:
    """Fit on every EVERY_H-th row from `first` on whose targets end at or before row `train_end`.

    Minimises the mean over LEVELS of the pinball loss of walk + median in units of the walk's sigma, `y` [T, A, H] in
    log return, plus RIDGE (more where there are few data) times the sum of squared weights. NotEnoughDataError below
    MIN_ORIGINS targets at a horizon.
    """
    rows = np.arange(first, train_end + 1, EVERY_H)
    past = _regressors(panel)[:, rows]  # [A, R, K]
    known = np.isfinite(past)
    square = np.where(known, past, 0) ** 2
    mean_square = square.sum((0, 1)) / np.maximum(known.sum((0, 1)), 1)
    spread = np.where(mean_square > 0, np.sqrt(mean_square), np.inf)
    x = _scaled(past, spread)
    weights = []
    for i, h in enumerate(HORIZONS_H):
        usable = rows <= train_end - h
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (y[rows, :, i] / walk.sigma[rows, :, i]).T[:, usable]  # [A, R]
        learn = np.isfinite(z)
        if learn.sum() < MIN_ORIGINS:
            raise NotEnoughDataError(f"{int(learn.sum())} origins are too few to fit the median at {h} h")
        ridge = RIDGE * (1 + PRIOR_SPANS * h / (EVERY_H * int(learn.any(0).sum())))
        weights.append(_ridge(x[:, usable][learn], z[learn], np.nonzero(learn)[0], walk.quantiles[:, i], ridge))
    return Medians(np.array(weights), spread)


def _regressors(panel: Panel) -> Array:
    """Past returns over several spans of the asset, BTC and the market, [A, T, K], NaN where unknown."""
    columns = [i for i, name in enumerate(panel.context_channels) if RETURN in name]
    return panel.context[:, :, columns].astype(np.float64)


def _scaled(x: Array, spread: Array) -> Array:
    """Regressors in units of their spread, clipped; what is not known says nothing."""
    return np.clip(np.nan_to_num(x / spread), -CLIP, CLIP)


def _ridge(x: Array, z: Array, asset: NDArray[np.int64], shapes: Array, ridge: float) -> Array:
    """Weights [K] of the median x [N, K] · w of outcomes z [N] spread by `shapes` [A, Q] around it."""
    order = np.argsort(asset, kind="stable")
    x, z = x[order], z[order]
    edges = np.searchsorted(asset[order], np.arange(len(shapes) + 1))

    def loss(w: Array) -> tuple[float, Array]:
        left = z - x @ w
        total, slope = 0.0, np.empty(len(z))
        for a, shape in enumerate(shapes):
            part = slice(edges[a], edges[a + 1])
            total += float(pinball_around(shape, left[part]).sum())
            slope[part] = np.searchsorted(shape, left[part], side="right") / len(shape) - 0.5
        return total / len(z) + ridge * float(w @ w), -(slope @ x) / len(z) + 2 * ridge * w

    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return np.asarray(found.x)


def pinball_around(shape: Array, left: Array) -> Array:
    """Mean pinball loss over LEVELS of quantiles `shape` [Q] at outcomes `left` [N]: linear between the quantiles."""
    levels = np.array(LEVELS)
    error = shape[:, None] - shape
    at = np.maximum(levels * error, (levels - 1) * error).mean(1)
    beyond = np.maximum(shape[0] - left, 0) + np.maximum(left - shape[-1], 0)
    return np.interp(left, shape, at) + 0.5 * beyond
