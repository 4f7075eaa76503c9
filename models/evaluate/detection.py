"""How well machine-written texts are told from human ones: AUROC with a bootstrap interval, true positives where few
human texts are flagged.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
DRAWS = 500
SIGN = {"log_rank": -1.0, "entropy": -1.0}  # scores that are lower where a machine wrote


def auroc(y: Flags, p: Vector) -> float:
    """Chance that a machine-written text (`y`) has a higher score than a human one, ties by half (Mann-Whitney)."""
    n = int(y.sum())
    return float((rankdata(p)[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def true_positives(y: Flags, p: Vector, false: float = 0.01) -> float:
    """Share of machine-written texts above the level that `false` of the human ones exceed."""
    return float((p[y] > np.quantile(p[~y], 1 - false, method="higher")).mean())


def auroc_interval(y: Flags, p: Vector, groups: NDArray[np.str_], draws: int = DRAWS) -> tuple[float, float]:
    """95 % percentile interval of the AUROC; texts of one group are drawn together."""
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    found = []
    for _ in range(draws):
        at = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        if 0 < y[at].sum() < len(at):
            found.append(auroc(y[at], p[at]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
