"""Combinatorial purged cross-validation of a choice among configurations.

López de Prado, "Advances in Financial Machine Learning" (2018), chapter 12: time is cut into groups; each set of
`tested` groups is once the test, and the configuration with the highest Sharpe ratio over the others is chosen for it.
Days next to a test group are purged from training, as positions reach over the edge. Put together, the tests make
several whole paths: a distribution of what the choice would have earned out of sample.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.luck.overfit import moments


@dataclass(frozen=True)
class Paths:
    """Out-of-sample paths of the choice: daily returns [P, D], Sharpe ratio of each per day [P], and what was chosen
    per split [S] (column of the returns).
    """

    returns: Array
    sharpe: Array
    chosen: NDArray[np.int64]


def cross_validated(returns: Array, groups: int = 10, tested: int = 2, purge: int = 2) -> Paths:
    """Paths of the best of M configurations by daily returns [D, M].

    ValueError for fewer than two configurations, or groups too short for the purge.
    """
    days, configurations = returns.shape
    if configurations < 2 or not 1 <= tested < groups or days < groups * (2 * purge + 2):
        raise ValueError(
            f"needs two configurations and groups of at least {2 * purge + 2} days, got {configurations} "
            f"configurations, {days} days in {groups} groups of which {tested} are tested"
        )
    group = np.arange(days) * groups // days
    n_paths = len(list(combinations(range(groups - 1), tested - 1)))
    paths, seen = np.full((n_paths, days), np.nan), np.zeros(groups, dtype=int)
    chosen = []
    for test in combinations(range(groups), tested):
        is_test = np.isin(group, test)
        choice = int(np.argmax(_sharpe(returns[~_widened(is_test, purge)])))
        chosen.append(choice)
        for g in test:
            paths[seen[g], group == g] = returns[group == g, choice]
            seen[g] += 1
    return Paths(paths, np.array([moments(path).sharpe for path in paths]), np.array(chosen))


def _widened(chosen: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """The rows with `by` more on either side of each run."""
    return np.convolve(chosen, np.ones(2 * by + 1), mode="same") > 0


def _sharpe(returns: Array) -> Array:
    """Sharpe ratio of each column; 0 where it does not vary."""
    deviation = returns.std(0, ddof=1)
    return np.divide(returns.mean(0), deviation, out=np.zeros(returns.shape[1]), where=deviation > 1e-15)
