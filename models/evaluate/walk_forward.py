"""Walk-forward evaluation: folds that train on the past only, purged and embargoed.

Purge: the longest horizon is cut from the end of training, so that no training target reaches into the test span.
Embargo: the first origins after the end of training are left out as well.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from domain.types import Array
from features.panel import Panel
from models.quantiles.quantiles import HORIZONS_H

REGIMES = ("calm", "normal", "turbulent")
REGIME_CHANNEL = "log_level_market_month"


@dataclass(frozen=True)
class Fold:
    """Rows of the grid: training targets end at or before `train_end`; origins lie in [test_start, test_end)."""

    train_end: int
    test_start: int
    test_end: int


def folds(n_rows: int, *, test_rows: int, n_folds: int, embargo: int) -> list[Fold]:
    """`n_folds` consecutive test spans at the end of the grid, each with its own training end.

    The last origin's longest horizon ends within the grid. NotEnoughDataError where they do not fit.
    """
    last = n_rows - max(HORIZONS_H)
    first = last - test_rows
    if n_folds < 1 or first - embargo <= 0 or test_rows < n_folds:
        raise NotEnoughDataError(f"{n_folds} folds over {test_rows} test hours do not fit into {n_rows} hours")
    edges = np.linspace(first, last, n_folds + 1).astype(int)
    return [Fold(int(a) - embargo, int(a), int(b)) for a, b in pairwise(edges)]


def refit_folds(train_end: int, test_start: int, test_end: int, every: int | None) -> list[Fold]:
    """Folds over [test_start, test_end), refitted every `every` rows, each with the same gap between training and test.

    ValueError where training would end after the test begins, or `every` is not positive.
    """
    if train_end > test_start:
        raise ValueError(f"training must end before the test begins: row {train_end} is after row {test_start}")
    if every is not None and every < 1:
        raise ValueError(f"models can be refitted every 1 h or more, got {every} h")
    gap = test_start - train_end
    starts = range(test_start, test_end, every or (test_end - test_start))
    return [Fold(s - gap, s, min(s + (every or test_end), test_end)) for s in starts]


@dataclass(frozen=True)
class Forecasts:
    """Quantiles [N, H, Q] of several models for the same N (asset, row) pairs, with outcomes [N, H]."""

    pairs: NDArray[np.int64]
    outcome: Array
    values: dict[str, Array]


def regimes(panel: Panel, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Regime of each origin, [N]: terciles of the market's volatility relative to its own month, as index into REGIMES.

    Terciles are those of all hours before the first origin, so that nothing of the test span enters.
    """
    level = panel.context[:, :, panel.context_channels.index(REGIME_CHANNEL)]
    before = level[:, : int(pairs[:, 1].min())] if len(pairs) else level
    known = before[np.isfinite(before)]
    edges = np.quantile(known, [1 / 3, 2 / 3]) if len(known) else np.array([-np.inf, np.inf])
    return np.searchsorted(edges, np.nan_to_num(level[pairs[:, 0], pairs[:, 1]]))
