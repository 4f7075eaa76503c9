"""Resampling tests of no abnormal return: sign flips, wild bootstrap, wild bootstrap by clusters of days.

All impose the null and studentise, many columns (windows) at once: a draw is a row of weights, and the sums it needs
are matrix products. Blank values are zeros, which add nothing to a sum.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.significance.outcome import MIN_EVENTS, Outcome

DRAWS = 999
MIN_CLUSTERS = 20
MAMMEN_TEST = "wild_bootstrap"
MAMMEN = (1 + np.sqrt(5)) / 2


def sign_flips(values: Array, *, draws: int = DRAWS, seed: int = 1) -> list[Outcome | None]:
    """Randomisation test of a symmetric distribution around zero, one outcome per column of `values` [N, W].

    Exact for independent events whose abnormal returns are symmetric (Fisher, 1935). None where fewer than MIN_EVENTS
    values are known.
    """
    rng = np.random.default_rng(seed)
    return _wild("permutation", values, np.arange(len(values)), lambda n: _rademacher(rng, draws, n))


def wild_bootstrap(values: Array, *, draws: int = DRAWS, seed: int = 2) -> list[Outcome | None]:
    """Wild bootstrap by event with Mammen's (1993) weights, which keep the skewness; one outcome per column."""
    rng = np.random.default_rng(seed)

    def weights(n: int) -> Array:
        high = rng.random((draws, n)) < (MAMMEN - 1) / np.sqrt(5)
        return np.where(high, MAMMEN, 1 - MAMMEN)

    return _wild(MAMMEN_TEST, values, np.arange(len(values)), weights)


def clustered_bootstrap(
    values: Array, cluster: NDArray[np.int64], *, draws: int = DRAWS, seed: int = 3
) -> list[Outcome | None]:
    """Wild bootstrap with one sign per cluster, one outcome per column; None below MIN_CLUSTERS clusters.

    `cluster` [N]: events that may share shocks, such as those of one day. Cameron, Gelbach and Miller (2008).
    """
    rng = np.random.default_rng(seed)
    return _wild("clustered_bootstrap", values, cluster, lambda n: _rademacher(rng, draws, n), MIN_CLUSTERS)


def _rademacher(rng: np.random.Generator, draws: int, n: int) -> Array:
    """Random signs, [draws, n]."""
    bits = np.unpackbits(rng.integers(0, 256, (draws, (n + 7) // 8), dtype=np.uint8), axis=1)[:, :n]
    return bits.astype(np.float64) * 2 - 1


def _wild(
    test: str, values: Array, cluster: NDArray[np.int64], weights: Callable[[int], Array], least: int = MIN_EVENTS
) -> list[Outcome | None]:
    """Studentised wild bootstrap with sums over clusters; the variance is that of cluster sums around their mean."""
    if len(values) == 0:
        return [None] * values.shape[1]
    known = np.isfinite(values)
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.diff(cluster[order], prepend=cluster[order[:1]] - 1))
    total = np.add.reduceat(np.where(known, values, 0.0)[order], starts, axis=0)
    count = np.add.reduceat(known[order].astype(np.float64), starts, axis=0)
    n, groups, sizes = known.sum(0), (count > 0).sum(0), (count**2).sum(0)
    observed = _studentised(total.sum(0), (total**2).sum(0), (total * count).sum(0), sizes, n)
    w = weights(len(total))
    first = w @ total
    second = (total**2).sum(0) if test != MAMMEN_TEST else (w**2) @ total**2  # the square of a sign is 1
    crossed = first if (count <= 1).all() else w @ (total * count)
    moved = _studentised(first, second, crossed, sizes, n)
    beyond = (np.abs(moved) >= np.abs(observed) - 1e-12).sum(0)
    return [
        Outcome(test, None, None, None, float(t), float((1 + b) / (1 + len(w))), int(k)) if g >= least else None
        for t, b, k, g in zip(observed, beyond, n, groups, strict=True)
    ]


def _studentised(first: Array, second: Array, crossed: Array, sizes: Array, n: Array) -> Array:
    """Sum ÷ its standard error, from sums over clusters of s, s², s·m and m² (m values in a cluster, n in all)."""
    mean = first / np.maximum(n, 1)
    variance = second - 2 * mean * crossed + mean**2 * sizes
    return np.divide(first, np.sqrt(np.maximum(variance, 0)), out=np.zeros_like(first), where=variance > 0)
