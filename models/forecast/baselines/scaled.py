"""Random walks, and models that forecast a scale: their quantiles are the asset's own, in units of a sigma."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.names import REFERENCE
from domain.types import Array
from features.candles import log_returns
from features.volatility import volatility_scale
from models.forecast.baselines.garch_har import fit_har, garch_sigma
from models.forecast.baselines.walks import fit_walk, horizon_sigma
from models.forecast.dataset import Dataset
from models.forecast.walk import Walk


def reference_walk(dataset: Dataset, until: int) -> Walk:
    """The reference walk fitted on rows up to `until`, once per dataset: every other model builds on it."""
    return dataset.once((REFERENCE, until), lambda: fit_walk("reference", dataset.y, dataset.sigma, until))


@dataclass(frozen=True)
class FittedWalk:
    """A random walk by its id."""

    model_id: str
    walk: Walk

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles [N, H, Q] for pairs [N, 2] of (asset, row)."""
        return self.walk.forecast(pairs)


@dataclass(frozen=True)
class RandomWalk:
    """A random walk of one of the kinds in walks.py."""

    name: str
    kind: str

    def fit(self, dataset: Dataset, until: int) -> FittedWalk:
        """Fit on rows up to `until`."""
        if self.kind == "reference":
            walk = reference_walk(dataset, until)
        else:
            walk = fit_walk(self.kind, dataset.y, dataset.sigma, until)
        return FittedWalk(dataset.model_id(self.name, until), walk)


@dataclass(frozen=True)
class ScaleModel:
    """A model of the scale: `sigma(dataset, until)` gives [T, A, H] known at each row, fitted on rows up to `until`."""

    name: str
    sigma: Callable[[Dataset, int], Array]

    def fit(self, dataset: Dataset, until: int) -> FittedWalk:
        """Fit the scale, then the asset's quantiles in units of it."""
        walk = fit_walk("reference", dataset.y, self.sigma(dataset, until), until)
        return FittedWalk(dataset.model_id(self.name, until), walk)


def without_pattern(dataset: Dataset, until: int) -> Array:
    """EWMA volatility without the hour-of-week pattern, [T, A, H]."""
    return horizon_sigma(volatility_scale(dataset.bars, seasonal=False))


def garch(dataset: Dataset, until: int) -> Array:
    """GARCH(1,1)-t per asset × hour-of-week pattern, [T, A, H]."""
    return garch_sigma(log_returns(dataset.bars), dataset.scale, until)


def har(dataset: Dataset, until: int) -> Array:
    """HAR with terms of BTC and the market, [T, A, H]."""
    return fit_har(dataset.panel, dataset.sigma, log_returns(dataset.bars), until).sigma(dataset.panel, dataset.sigma)
