"""Thresholds by kind of text: no more than one in a hundred texts that people wrote of this kind is flagged.

Split conformal prediction (Vovk et al. 2005): among n calibration scores of a kind and that of a new text of the same
kind all orders are alike, so that the new one lies above the k-th largest with a probability of k / (n + 1) at most.
The threshold is that of the largest k with k / (n + 1) ≤ the level; with too few texts of a kind there is none.
"""

import math

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
LEVEL = 0.01
ANY = ""  # a text of which no kind is said


def conformal_threshold(scores: Vector, level: float = LEVEL) -> float | None:
    """The score that a new text of the same kind exceeds with a probability of `level` at most; None with too few."""
    known = np.sort(scores[np.isfinite(scores)])
    k = math.floor(level * (len(known) + 1) + 1e-9)
    return float(known[-k]) if k >= 1 else None


def thresholds_of(scores: Vector, kind: NDArray[np.str_]) -> dict[str, float]:
    """Threshold of every kind that has enough texts, from scores [N] of texts by people."""
    found = {str(k): conformal_threshold(scores[kind == k]) for k in np.unique(kind)}
    return {k: t for k, t in found.items() if t is not None}


def threshold_for(kind: str, thresholds: dict[str, float], plain: float) -> float | None:
    """What a text of `kind` must exceed: `plain` and the threshold of its kind; None for a kind without one.

    `plain` too, since texts of a kind from sources that set no threshold may score higher. A text of no stated kind
    must exceed the threshold of every kind. Without any thresholds by kind `plain` alone decides.
    """
    if not thresholds:
        return plain
    if kind == ANY:
        return max(plain, *thresholds.values())
    return max(plain, thresholds[kind]) if kind in thresholds else None
