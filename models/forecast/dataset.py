"""What every model is fitted on: bars, panel, documents, targets and sigmas."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars
from features.panel import Panel
from features.volatility import VolatilityScale
from models.forecast.network.windows import Documents, WindowStore, build_store, usable
from models.quantiles.quantiles import as_datetime

T = TypeVar("T")


@dataclass(frozen=True)
class Dataset:
    """Hourly bars with all that derives from them. `y` and `sigma` are [T, A, H]: targets and the reference sigma.

    What several models need of it is computed once and kept.
    """

    bars: Bars
    scale: VolatilityScale
    panel: Panel
    documents: Documents
    y: Array
    sigma: Array
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value that `make` gives, computed at the first call with this key."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def store(self, base: Array, lookback: int) -> WindowStore:
        """Windows of `lookback` bars. `base` [A, H, Q]: the reference walk's quantiles in units of sigma.

        Every store shares the tensors of the first; only base and lookback are its own.
        """
        shared = self.once("store", lambda: build_store(self.panel, self.documents, self.y, self.sigma, base, lookback))
        return replace(shared, base=torch.from_numpy(base.astype(np.float32)), lookback=lookback)

    def usable(self, lookback: int) -> NDArray[np.bool_]:
        """Which (asset, row) can be an origin of windows of `lookback` bars, [A, T]."""
        return self.once(("usable", lookback), lambda: usable(self.panel, self.sigma, lookback))

    def model_id(self, name: str, until: int) -> str:
        """The id of a model that is fitted on rows up to `until` and has no hyper-parameters to tell it by."""
        return f"{name}-{as_datetime(self.bars.close_ts[until]):%Y%m%dT%H}"
