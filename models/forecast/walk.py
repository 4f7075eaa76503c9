"""A walk: quantiles around a median, in units of a scale that is known at each row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import HORIZONS_H


@dataclass(frozen=True)
class Walk:
    """A fitted walk: forecast = median + drift · h + quantiles · unit, unit being a sigma or 1.

    `quantiles` [A, H, Q] in units of `sigma`; `drift` [A] per hour; `sigma` [T, A, H] known at each row; `median`
    [T, A, H] in log return, known at each row, None for a walk, whose median is zero.
    """

    quantiles: Array
    drift: Array
    sigma: Array
    median: Array | None = None

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles for pairs [N, 2] of (asset, row), [N, H, Q], in log return."""
        drift = self.drift[pairs[:, 0], None] * np.array(HORIZONS_H)
        return self.scaled(self.quantiles[pairs[:, 0]], pairs) + drift[:, :, None]

    def scaled(self, quantiles: Array, pairs: NDArray[np.int64]) -> Array:
        """Quantiles [N, H, Q] around the median in units of sigma, as log returns of `pairs` [N, 2]."""
        at = (pairs[:, 1], pairs[:, 0])
        spread = quantiles * self.sigma[at][:, :, None]
        return spread if self.median is None else spread + self.median[at][:, :, None]
