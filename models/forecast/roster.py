"""The registry of models: every one by its name, as it is made from a recipe.

reference_walk   EWMA volatility × hour-of-week pattern          volatility_walk   the same without the pattern
walk_plain       historical spread                               walk_drift        the same around the historical mean
garch            GARCH(1,1)-t per asset × pattern                har               HAR with BTC and market terms
har_median       HAR's scale, medians from past returns          lightgbm          boosted quantiles of what is known
patch_transformer, mlp, lstm, patch_linear                       network/net.py, each on the base har_median

The default forecast, `tapewire`, is an average of them, conformally calibrated (combine.py). Names and what pages call
them stand in domain/names.py.
"""

from collections.abc import Callable
from functools import partial

from domain.names import REFERENCE, VOLATILITY
from models.forecast.baselines.base import HarMedian
from models.forecast.baselines.boosting import Boosting
from models.forecast.baselines.scaled import RandomWalk, ScaleModel, garch, har, without_pattern
from models.forecast.forecaster import Forecaster
from models.forecast.network.net import NETS
from models.forecast.network_forecaster import NetworkForecaster
from models.forecast.recipe import Recipe

FORECASTERS: dict[str, Callable[[Recipe], Forecaster]] = {
    REFERENCE: lambda _: RandomWalk(REFERENCE, "reference"),
    "walk_plain": lambda _: RandomWalk("walk_plain", "plain"),
    "walk_drift": lambda _: RandomWalk("walk_drift", "drift"),
    VOLATILITY: lambda _: ScaleModel(VOLATILITY, without_pattern),
    "garch": lambda _: ScaleModel("garch", garch),
    "har": lambda _: ScaleModel("har", har),
    "har_median": lambda _: HarMedian("har_median"),
    "lightgbm": lambda recipe: Boosting("lightgbm", recipe),
    **{kind: partial(NetworkForecaster, kind) for kind in NETS},
}


def forecaster(name: str, recipe: Recipe) -> Forecaster:
    """The model of a name. ValueError for another name."""
    if name not in FORECASTERS:
        raise ValueError(f"model {name!r} is unknown; there are {', '.join(FORECASTERS)}")
    return FORECASTERS[name](recipe)
