"""What every model is fitted on: bars, panel, documents, targets and sigmas."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars
from features.panel import Panel
from features.volatility import VolatilityScale
from models.forecast.network.windows import (
    Documents,
    WindowStore,
    base_quantiles,
    build_store,
    scaled_targets,
    usable,
)
from models.forecast.walk import Walk
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

    def newest(self, name: str, of: object, make: Callable[[], T]) -> T:
        """As `once`, for what is large: only the value that was made last is kept, with the object that it is of."""
        held = self._kept.get(name)
        if held is None or held[0] is not of:
            held = self._kept[name] = (of, make())
        found: T = held[1]
        return found

    def store(self, base: Walk, lookback: int) -> WindowStore:
        """Windows of `lookback` bars, with targets in units of `base`'s sigma around its median.

        Every store shares the tensors of the first; only targets, base and lookback are its own.
        """
        shared = self.once("store", lambda: build_store(self.panel, self.documents, self.y, base, lookback))
        target = self.newest("target", base, lambda: scaled_targets(self.y, base))
        return replace(shared, target=target, base=base_quantiles(base), lookback=lookback)

    def usable(self, lookback: int) -> NDArray[np.bool_]:
        """Which (asset, row) can be an origin of windows of `lookback` bars, [A, T]."""
        return self.once(("usable", lookback), lambda: usable(self.panel, self.sigma, lookback))

    def model_id(self, name: str, until: int) -> str:
        """The id of a model that is fitted on rows up to `until` and has no hyper-parameters to tell it by."""
        return f"{name}-{as_datetime(self.bars.close_ts[until]):%Y%m%dT%H}"
