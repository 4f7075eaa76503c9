"""What is expected of the move after a release, from less evidence to more: the walk, a scale for all releases, a scale
by kind, words.

Each gives quantiles (levels of models/quantiles) in sigmas, from releases whose windows were over. With none of them
every level is the walk: the quantiles of moves at like times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import CENTRAL, LEVELS
from models.quantiles.scores import pinball

PRIOR = 20.0  # releases that a scale of one, or that of all kinds, counts for
SCALES = np.exp(np.linspace(-0.7, 2.1, 57))
LARGEST = 12.0  # sigmas; beyond it all moves count alike
CENTRAL_LEVELS = np.array(LEVELS)[CENTRAL]


def walk_quantiles(like: Array) -> Array:
    """Quantiles [Q] of moves at like times (any shape, NaN where unknown), mirrored: a walk has no direction."""
    known = np.abs(like[np.isfinite(like)])
    return np.quantile(np.concatenate([-known, known]), LEVELS)


@dataclass(frozen=True)
class Scales:
    """A factor on the walk for all releases, and one for each kind that has been seen."""

    every: float
    kinds: dict[str, float]

    def of(self, kind: NDArray[np.str_]) -> Array:
        """The factor of each release by its kind, [N]."""
        return np.array([self.kinds.get(str(k), self.every) for k in kind])


def fit_scales(walk: Array, move: Array, kind: NDArray[np.str_]) -> Scales:
    """The factors with the lowest CRPS on past moves [N] beside PRIOR releases that know nothing.

    Of all releases: as PRIOR outcomes of the walk itself; of a kind: as PRIOR outcomes like those of all releases, so
    that a kind with few releases hardly differs from them.
    """
    loss = scaled_losses(walk, np.clip(move, -LARGEST, LARGEST))
    of_walk = scaled_losses(walk, walk[CENTRAL]).mean(1)
    every = int(np.argmin(loss.sum(1) + PRIOR * of_walk))
    if not len(move):
        return Scales(1.0, {})
    usual = (loss.sum(1) + PRIOR * of_walk) / (len(move) + PRIOR)
    kinds = {str(k): float(SCALES[np.argmin(loss[:, kind == k].sum(1) + PRIOR * usual)]) for k in np.unique(kind)}
    return Scales(float(SCALES[every]), kinds)


def scaled_losses(walk: Array, outcome: Array) -> Array:
    """CRPS of quantiles [Q] × each of SCALES against outcomes [N], [S, N]."""
    scaled = SCALES[:, None, None] * walk[CENTRAL]
    return 2 * pinball(scaled, outcome[None], CENTRAL_LEVELS).mean(-1)
