"""The base that networks correct: a walk with the scale of HAR, and the median that past returns give.

Its coefficients are kept beside a network's weights: a stored network stands on the base that it was trained on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import log_returns
from models.forecast.baselines.garch_har import Har, fit_har
from models.forecast.baselines.medians import Medians, fit_medians
from models.forecast.baselines.walks import fit_walk
from models.forecast.dataset import Dataset
from models.forecast.recipe import WARM_UP_H
from models.forecast.walk import Walk


@dataclass(frozen=True)
class Base:
    """A fitted base: `quantiles` [A, H, Q] around its median in units of HAR's sigma."""

    har: Har
    medians: Medians
    quantiles: Array

    def walk(self, dataset: Dataset) -> Walk:
        """Its scale and median at every row of a data set of the same assets, from what was known at each."""
        return dataset.newest("base walk", self, lambda: self._walk(dataset))

    def _walk(self, dataset: Dataset) -> Walk:
        sigma = self.har.sigma(dataset.panel, dataset.sigma)
        median = self.medians.median(dataset.panel, sigma)
        return Walk(self.quantiles, np.zeros(len(self.quantiles)), sigma, median)


def fit_base(dataset: Dataset, until: int) -> Base:
    """Fit on rows whose targets end at or before row `until`, once per data set. NotEnoughDataError for too few."""
    return dataset.once(("base", until), lambda: _fit(dataset, until))


def _fit(dataset: Dataset, until: int) -> Base:
    har = fit_har(dataset.panel, dataset.sigma, log_returns(dataset.bars), until)
    walk = fit_walk("reference", dataset.y, har.sigma(dataset.panel, dataset.sigma), until)
    medians = fit_medians(dataset.panel, dataset.y, walk, min(WARM_UP_H, until // 2), until)
    return Base(har, medians, walk.quantiles)


@dataclass(frozen=True)
class FittedBase:
    """A base by its id."""

    model_id: str
    base: Base
    dataset: Dataset

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles [N, H, Q] for pairs [N, 2] of (asset, row)."""
        return self.base.walk(self.dataset).forecast(pairs)


@dataclass(frozen=True)
class HarMedian:
    """The base as a forecaster."""

    name: str

    def fit(self, dataset: Dataset, until: int) -> FittedBase:
        """Fit on rows up to `until`."""
        return FittedBase(dataset.model_id(self.name, until), fit_base(dataset, until), dataset)
