"""How far the estimation residuals of events move together: what Kolari and Pynnönen's adjustment needs."""

import numpy as np
from numpy.typing import NDArray

from features.candles import Array

MAX_PAIRS = 200_000


def mean_correlation(residual: Array, row: NDArray[np.int64], reach: int, *, seed: int = 5) -> float:
    """Mean correlation of residuals over all pairs of events, those whose windows share no bar counting as 0.

    `residual` [N, S] (NaN in gaps), `row` [N] of the base close, `reach` length of the window in bars. A pair at one row
    counts its whole correlation, one d bars apart that at equal moments times the share of the window in common (Kolari,
    Pape and Pynnönen, 2018). For one shared date it is the plain mean over pairs. Where more than MAX_PAIRS neighbours
    lie apart, as many are drawn. Never below 0: events that seem to repel each other are taken for independent.
    """
    n = len(residual)
    if n < 2:
        return 0.0
    order = np.argsort(row, kind="stable")
    row, z = row[order], _unit(residual[order])
    starts = np.flatnonzero(np.diff(row, prepend=row[0] - 1))
    together = np.add.reduceat(z, starts, axis=0)
    own = np.einsum("ns,ns->n", z, z)
    total = float(np.einsum("gs,gs->", together, together) - own.sum())
    return max(0.0, (total + 2 * _apart(z, row, reach, seed)) / (n * (n - 1)))


def _unit(residual: Array) -> Array:
    """Rows centred and of unit length, gaps 0."""
    known = np.isfinite(residual)
    n = np.maximum(known.sum(1, keepdims=True), 1)
    centred = np.where(known, residual - np.where(known, residual, 0.0).sum(1, keepdims=True) / n, 0.0)
    length = np.sqrt(np.einsum("ns,ns->n", centred, centred))[:, None]
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)


def _apart(z: Array, row: NDArray[np.int64], reach: int, seed: int) -> float:
    """Sum over pairs 1 to reach − 1 bars apart of their correlation at equal moments × the share in common."""
    first = np.searchsorted(row, row, side="right")
    last = np.searchsorted(row, row + reach, side="left")
    many = np.maximum(last - first, 0)
    n_pairs = int(many.sum())
    if n_pairs == 0:
        return 0.0
    ends = np.cumsum(many)
    if n_pairs > MAX_PAIRS:
        pick = np.random.default_rng(seed).integers(0, n_pairs, MAX_PAIRS)
    else:
        pick = np.arange(n_pairs)
    one = np.searchsorted(ends, pick, side="right")
    other = first[one] + pick - (ends[one] - many[one])
    apart = row[other] - row[one]
    total = 0.0
    for d in np.unique(apart):
        at = apart == d
        shared = np.einsum("ps,ps->", z[one[at], d:], z[other[at], : z.shape[1] - d])
        total += float(shared) * (1 - d / reach)
    return total * n_pairs / len(pick)
