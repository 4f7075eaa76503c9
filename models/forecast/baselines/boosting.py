"""LightGBM quantiles of the return in units of the reference walk's sigma, from what stands known at the origin.

One booster per horizon and level; between the fitted levels the rest follow by interpolation over normal scores.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from domain.errors import NotEnoughDataError
from domain.types import Array
from models.forecast.baselines.base import Base, fit_base
from models.forecast.baselines.scaled import reference_walk
from models.forecast.dataset import Dataset
from models.forecast.network.spans import trust_after
from models.forecast.network.windows import WindowStore, origins
from models.forecast.recipe import WARM_UP_H, BoostConfig, Recipe
from models.quantiles.quantiles import HORIZONS_H, LEVELS

if TYPE_CHECKING:
    from lightgbm import Booster

FITTED = (0.005, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.975, 0.995)
MIN_ROWS = 500
EVERY_H = 6


@dataclass(frozen=True)
class Boosters:
    """Boosters per horizon and fitted level."""

    trees: tuple[tuple["Booster", ...], ...]


def fit_boosters(store: WindowStore, learn: NDArray[np.int64], config: BoostConfig, *, threads: int = 2) -> Boosters:
    """Fit on origins `learn` [N, 2] whose targets are known. NotEnoughDataError below MIN_ROWS of them."""
    import lightgbm as lgb

    x = _inputs(store, learn)
    y = store.target[learn[:, 0] * store.n_rows + learn[:, 1]].numpy()
    params: dict[str, Any] = {
        "objective": "quantile", "num_leaves": config.leaves, "learning_rate": config.learning_rate,
        "min_data_in_leaf": min(config.min_leaf, max(20, len(learn) // 50)), "feature_fraction": config.feature_share,
        "lambda_l2": config.l2, "seed": config.seed, "deterministic": True, "force_row_wise": True,
        "num_threads": threads, "verbose": -1,
    }  # fmt: skip
    trees = []
    for i, h in enumerate(HORIZONS_H):
        known = np.isfinite(y[:, i])
        if known.sum() < MIN_ROWS:
            raise NotEnoughDataError(f"{int(known.sum())} origins are too few to grow trees on at {h} h")
        base = store.base.numpy().astype(np.float64)[learn[known, 0], i]  # [n, Q]
        data = lgb.Dataset(x[known], y[known, i].copy(), params={"verbose": -1}, free_raw_data=False).construct()
        row = []
        for level in FITTED:
            data.set_init_score(base[:, LEVELS.index(level)].copy())
            row.append(lgb.train({**params, "alpha": level}, data, num_boost_round=config.rounds))
        trees.append(tuple(row))
    return Boosters(tuple(trees))


def predict_boosters(boosters: Boosters, store: WindowStore, pairs: NDArray[np.int64], sigma: Array) -> Array:
    """Quantiles of the log return for origins `pairs` [N, 2], [N, H, Q]; `sigma` [T, A, H]."""
    x, base = _inputs(store, pairs), store.base.numpy().astype(np.float64)[pairs[:, 0]]
    at, score = norm.ppf(FITTED), norm.ppf(LEVELS)
    out = np.empty_like(base)
    for i, row in enumerate(boosters.trees):
        shift = np.stack([np.asarray(tree.predict(x)) for tree in row], axis=1)  # [N, fitted]
        out[:, i] = base[:, i] + _between(shift, at, score)
    return np.sort(out, axis=2) * sigma[pairs[:, 1], pairs[:, 0]][:, :, None]


def _between(values: Array, at: Array, wanted: Array) -> Array:
    """Linear interpolation of each row of values [N, k] from points `at` to `wanted`, [N, Q]."""
    right = np.clip(np.searchsorted(at, wanted), 1, len(at) - 1)
    share = np.clip((wanted - at[right - 1]) / (at[right] - at[right - 1]), 0, 1)
    return values[:, right - 1] * (1 - share) + values[:, right] * share


def _inputs(store: WindowStore, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Context of the origins, [N, K]."""
    return store.context[pairs[:, 0] * store.n_rows + pairs[:, 1]].numpy()


@dataclass(frozen=True)
class FittedBoosting:
    """Boosters by their id, with the windows that they read."""

    model_id: str
    boosters: Boosters
    store: WindowStore
    dataset: Dataset
    base: Base
    trust: float

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles [N, H, Q] for pairs [N, 2] of (asset, row), mixed with the base's as networks are."""
        grown = predict_boosters(self.boosters, self.store, pairs, self.dataset.sigma)
        return self.trust * grown + (1 - self.trust) * self.base.walk(self.dataset).forecast(pairs)


@dataclass(frozen=True)
class Boosting:
    """Boosted quantiles as a forecaster."""

    name: str
    recipe: Recipe

    def fit(self, dataset: Dataset, until: int) -> FittedBoosting:
        """Fit on every EVERY_H-th origin whose targets end at or before row `until`."""
        lookback = self.recipe.net.lookback
        store = dataset.store(reference_walk(dataset, until), lookback)
        learn = origins(dataset.usable(lookback), WARM_UP_H, until - max(HORIZONS_H) + 1, EVERY_H)
        boosters = fit_boosters(store, learn, self.recipe.boost, threads=self.recipe.threads)
        base, trust = fit_base(dataset, until), trust_after(max(until - WARM_UP_H, 0))
        return FittedBoosting(dataset.model_id(self.name, until), boosters, store, dataset, base, trust)
