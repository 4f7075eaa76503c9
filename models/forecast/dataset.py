"""What every model is fitted on: bars, panel, documents, targets and sigmas."""

from dataclasses import dataclass

from domain.types import Array
from features.candles import Bars
from features.panel import Panel
from features.volatility import Scale
from models.forecast.baselines.walks import Walk
from models.forecast.network.windows import Documents, WindowStore, build_store


@dataclass(frozen=True)
class Ground:
    """What every model is fitted on: hourly bars with all that derives from them. y and sigma are [T, A, H]."""

    bars: Bars
    scale: Scale
    panel: Panel
    documents: Documents
    y: Array
    sigma: Array

    def store(self, walk: Walk, lookback: int) -> WindowStore:
        """Windows of `lookback` bars, with targets in units of the walk's sigma."""
        return build_store(self.panel, self.documents, self.y, self.sigma, walk.quantiles, lookback)
