"""Two groups of releases compared: difference of means with a studentised permutation test and its interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.significance.outcome import MIN_EVENTS, Z_POWER
from models.impact.significance.overlap import overlap_variance

PERMUTATIONS = 2000
SHORTEST_KERNEL_H = 168.0
CHUNK = 250
MIN_BLOCKS, MIN_BLOCKS_TOGETHER = 10, 20
PAIRS = (("generated", "real"), ("fabricated", "real"), ("generated", "fabricated"))


@dataclass(frozen=True)
class Comparison:
    """mean(a) − mean(b) with a 95 % permutation interval, p-value, and the difference that 80 % power would find."""

    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    p_value: float
    n_a: int
    n_b: int
    detectable: float


def compare(
    values: Array,
    is_a: NDArray[np.bool_],
    when_h: Array,
    window_h: float,
    *,
    seed: int = 1,
    permutations: int = PERMUTATIONS,
) -> Comparison | None:
    """Compare the means of two groups by permuted labels.

    None where a group has fewer than MIN_EVENTS valid values, or lies in fewer than MIN_BLOCKS blocks of the window (a
    day at least; MIN_BLOCKS_TOGETHER for both), where shocks and labels cannot be separated.

    `values`, `when_h` [N]; `is_a` [N]. The statistic is studentised, with a variance for overlapping windows, so that
    the test keeps its size when the groups differ in spread (Janssen, 1997). The interval is the difference ± the
    permutation quantile of |t| × standard error.
    """
    valid = np.isfinite(values)
    order = np.argsort(when_h[valid], kind="stable")
    x, a, when = values[valid][order], is_a[valid][order], when_h[valid][order]
    n_a, n_b = int(a.sum()), int((~a).sum())
    if min(n_a, n_b) < MIN_EVENTS or not enough_blocks(when, a, window_h):
        return None
    width = max(window_h, SHORTEST_KERNEL_H)
    difference, se = (v[0] for v in _studentise(x, a[None], when, width))
    rng = np.random.default_rng(seed)
    t = np.concatenate(
        [_shuffled(x, a, when, width, rng, min(CHUNK, permutations - at)) for at in range(0, permutations, CHUNK)]
    )
    if not se > 0:
        return None  # no variation
    observed = abs(difference / se)
    critical = float(np.quantile(t, 0.95))
    p = float((1 + (t >= observed - 1e-12).sum()) / (1 + permutations))
    return Comparison(
        float(x[a].mean()), float(x[~a].mean()), float(difference), float(difference - critical * se),
        float(difference + critical * se), p, n_a, n_b, float((critical + Z_POWER) * se),
    )  # fmt: skip


def blocks(when_h: Array, window_h: float) -> int:
    """Number of blocks of the window (a day at least) that contain a moment."""
    return len(np.unique(np.floor(when_h / max(window_h, 24.0))))


def enough_blocks(when_h: Array, is_a: NDArray[np.bool_], window_h: float) -> bool:
    """Whether each group and both together lie in enough blocks to be compared."""
    each = min(blocks(when_h[is_a], window_h), blocks(when_h[~is_a], window_h))
    return each >= MIN_BLOCKS and blocks(when_h, window_h) >= MIN_BLOCKS_TOGETHER


def _shuffled(x: Array, a: NDArray[np.bool_], when: Array, width: float, rng: np.random.Generator, n: int) -> Array:
    """|t| of n random labellings, [n]."""
    differences, errors = _studentise(x, rng.permuted(np.broadcast_to(a, (n, len(a))), axis=1), when, width)
    return np.abs(np.divide(differences, errors, out=np.zeros_like(differences), where=errors > 0))


def _studentise(x: Array, a: NDArray[np.bool_], when: Array, width: float) -> tuple[Array, Array]:
    """Differences of means and their standard errors for P labellings `a` [P, N], each [P]."""
    n_a = a.sum(1, keepdims=True)
    n_b = a.shape[1] - n_a
    mean_a = (x * a).sum(1, keepdims=True) / n_a
    mean_b = (x * ~a).sum(1, keepdims=True) / n_b
    u = np.where(a, (x - mean_a) / np.sqrt(n_a * (n_a - 1)), -(x - mean_b) / np.sqrt(n_b * (n_b - 1)))
    variance = np.maximum(overlap_variance(u, when, width), 0.25 * (u**2).sum(1))
    return (mean_a - mean_b)[:, 0], np.sqrt(variance)
