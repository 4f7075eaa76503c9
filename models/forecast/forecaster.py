"""What every model is: fitted on a dataset up to a row, it forecasts quantiles for pairs of asset and row.

forecaster(name, recipe).fit(dataset, until).forecast(pairs)
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.forecast.dataset import Dataset


class Fitted(Protocol):
    """A model that was fitted up to one row."""

    @property
    def model_id(self) -> str:
        """What stored rows call it."""

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles of the cumulative log return, [N, H, Q], for `pairs` [N, 2] of (asset, row).

        Uses what was known at each row, and parameters from the rows up to which it was fitted.
        """


class Forecaster(Protocol):
    """A kind of model with its hyper-parameters."""

    def fit(self, dataset: Dataset, until: int) -> Fitted:
        """Fit on rows whose targets end at or before row `until`. NotEnoughDataError where they are too few."""
