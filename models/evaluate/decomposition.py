"""Where a forecast's gain over a walk comes from: its scale, the shape of its tails, its median and skew."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from domain.types import Array
from models.quantiles.quantiles import CENTRAL, LEVELS, MEDIAN
from models.quantiles.scores import crps

CENTRAL_VALUES = np.array(LEVELS)[CENTRAL]
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)


@dataclass(frozen=True)
class Gains:
    """Shares of the walk's CRPS that are saved: `whole` = `scale` + `tails` + `median`."""

    scale: float
    tails: float
    median: float

    @property
    def whole(self) -> float:
        """The gain in all: 1 − CRPS ÷ the walk's."""
        return self.scale + self.tails + self.median


def decompose(quantiles: Array, walk: Array, outcome: Array) -> Gains:
    """Split the gain of `quantiles` over `walk`, [N, H, Q] each, at outcomes [N, H], which are all known.

    In three steps, each a forecast of its own: the walk as wide as the forecast's 90 % band (scale); the forecast's own
    shape, mirrored around a median of zero (tails); the forecast itself (median and skew, which belong together: a
    median that moves and a tail that grows the other way leave the mean where it was). The order of the steps is a
    convention: what two of them say together is counted for the first.
    """
    steps = (walk, as_wide(walk, quantiles), mirrored(quantiles), quantiles)
    loss = [float(crps(q[..., CENTRAL], outcome, CENTRAL_VALUES).sum()) for q in steps]
    scale, tails, median = (float((a - b) / loss[0]) for a, b in pairwise(loss))
    return Gains(scale, tails, median)


def as_wide(walk: Array, quantiles: Array) -> Array:
    """The walk with the width of the forecast's 90 % band, [N, H, Q]."""
    factor = (quantiles[..., HIGH] - quantiles[..., LOW]) / (walk[..., HIGH] - walk[..., LOW])
    return walk * factor[..., None]


def mirrored(quantiles: Array) -> Array:
    """The forecast around a median of zero with both tails alike, [N, H, Q]."""
    around = quantiles - quantiles[..., [MEDIAN]]
    return (around - around[..., ::-1]) / 2
