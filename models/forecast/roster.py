"""Every model by its name: how it is fitted up to a row, and how it forecasts.

reference_walk   EWMA volatility × hour-of-week pattern          volatility_walk   the same without the pattern
walk_plain       historical spread                               walk_drift        the same around the historical mean
garch            GARCH(1,1)-t per asset × pattern                har               HAR with BTC and market terms
lightgbm         boosted quantiles of what stands known          lstm, patch_linear, patch_transformer: net.py
tapewire         the shipped default: an average of models, conformally calibrated
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from domain.names import REFERENCE, VOLATILITY
from domain.types import Array
from features.candles import log_returns
from features.volatility import scale
from models.forecast.baselines.boosting import BoostConfig, fit_boosters, predict_boosters
from models.forecast.baselines.garch_har import garch_sigma, har_sigma
from models.forecast.baselines.walks import Walk, fit_walk, horizon_sigma
from models.forecast.dataset import Ground
from models.forecast.network.module import TrainConfig
from models.forecast.network.net import NETS, NetConfig
from models.forecast.network.windows import origins, usable
from models.quantiles.quantiles import HORIZONS_H

WALK_KINDS = {REFERENCE: "reference", "walk_plain": "plain", "walk_drift": "drift"}
SCALED = (*WALK_KINDS, VOLATILITY, "garch", "har")
MODELS = (*SCALED, "lightgbm", *NETS)
WARM_UP_H = 720
BOOST_EVERY_H = 6
LSTM_LOOKBACK_H = 48


@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters of all models that have some."""

    net: NetConfig
    train: TrainConfig
    members: int = 4
    boost: BoostConfig = field(default_factory=BoostConfig)
    threads: int = 2

    def net_for(self, kind: str) -> NetConfig:
        """The network's configuration for one kind. The LSTM reads LSTM_LOOKBACK_H bars: it is slow over many."""
        if kind != "lstm":
            return replace(self.net, kind=kind)
        lookback = min(LSTM_LOOKBACK_H, self.net.lookback)
        return replace(self.net, kind=kind, lookback=lookback, patch=lookback, stride=lookback)


def fit_scaled(name: str, ground: Ground, train_end: int) -> Walk:
    """A random walk, GARCH or HAR, fitted on rows up to `train_end`. ValueError for another name."""
    if name in WALK_KINDS:
        return fit_walk(WALK_KINDS[name], ground.y, ground.sigma, train_end)
    if name == VOLATILITY:
        sigma = horizon_sigma(scale(ground.bars, seasonal=False))
    elif name == "garch":
        sigma = garch_sigma(log_returns(ground.bars), ground.scale, train_end)
    elif name == "har":
        sigma = har_sigma(ground.panel, ground.sigma, log_returns(ground.bars), train_end)
    else:
        raise ValueError(f"model {name!r} is unknown; there are {', '.join(SCALED)}")
    return replace(fit_walk("reference", ground.y, sigma, train_end), name=name)


def lightgbm_forecast(ground: Ground, recipe: Recipe, walk: Walk, train_end: int, pairs: NDArray[np.int64]) -> Array:
    """LightGBM's quantiles for origins `pairs` [N, 2], trained on targets that end at or before row `train_end`."""
    store = ground.store(walk, recipe.net.lookback)
    rows = usable(ground.panel, ground.sigma, recipe.net.lookback)
    learn = origins(rows, WARM_UP_H, train_end - max(HORIZONS_H) + 1, BOOST_EVERY_H)
    boosters = fit_boosters(store, learn, recipe.boost, threads=recipe.threads)
    return predict_boosters(boosters, store, pairs, ground.sigma)
