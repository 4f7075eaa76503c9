"""How levels are joined and bands are widened by their record on earlier releases."""

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import CENTRAL, LEVELS, MEDIAN
from models.quantiles.scores import crps
from models.response.history import History
from models.response.levels import CENTRAL_LEVELS

SHARPNESS = 4.0  # of the weights by record: how much of the mean CRPS of the walk one e-fold is
BAND = 0.9
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
PRIOR_BANDS = 20
OTHER_AUTHOR = 0.25  # what a release known to be by the other kind of author counts in the widening of a band


def weights_by_record(quantiles: Array, move: Array) -> Array:
    """Weights of the levels [L] by their CRPS on earlier releases ([P, L, Q] against [P]); alike without a record."""
    if not len(move):
        return np.full(quantiles.shape[1], 1 / quantiles.shape[1])
    loss = np.stack([crps(quantiles[:, k][:, CENTRAL], move, CENTRAL_LEVELS) for k in range(quantiles.shape[1])], 1)
    behind = loss.sum(0) - loss.sum(0).min()
    w = np.exp(-SHARPNESS * behind / loss[:, 0].mean())
    return np.asarray(w / w.sum())


def same_author(history: History, i: int, record: NDArray[np.int64]) -> Array:
    """How much each of `record` [P] counts for release `i`: 1, or OTHER_AUTHOR where one is more likely by a machine
    and the other by a person. All alike where that is not known.
    """
    by_machine = history.machine[record], history.machine[i]
    with np.errstate(invalid="ignore"):
        differ = (by_machine[0] > 0.5) != (by_machine[1] > 0.5)
    known = np.isfinite(by_machine[0]) & np.isfinite(by_machine[1])
    return np.where(known & differ, OTHER_AUTHOR, 1.0)


def widening(bands: Array, move: Array, walk: Array, weight: Array) -> float:
    """The factor by which earlier bands [P, Q] should have been wider to hold BAND of the moves [P], by `weight` [P].

    PRIOR_BANDS outcomes of the walk [Q] in its own band stand beside them, so that it begins at one.
    """
    prior = np.interp((np.arange(PRIOR_BANDS) + 0.5) / PRIOR_BANDS, LEVELS, np.abs(walk - walk[MEDIAN]))
    prior = np.sort(prior) / np.quantile(prior, BAND, method="higher")
    needed = np.abs(move - bands[:, MEDIAN]) / ((bands[:, HIGH] - bands[:, LOW]) / 2)
    beside = np.full(PRIOR_BANDS, weight.mean() if len(weight) else 1.0)
    return weighted_quantile(np.concatenate([prior, needed]), np.concatenate([beside, weight]), BAND)


def weighted_quantile(values: Array, weight: Array, level: float) -> float:
    """The lowest value at or below which `level` of the weight lies, by the convention of a higher order statistic."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) - weight[order]
    at = np.searchsorted(share, level * (weight.sum() - weight[order[-1]]) - 1e-9)
    return float(values[order[min(int(at), len(values) - 1)]])
