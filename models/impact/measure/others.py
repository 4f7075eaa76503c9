"""What other assets do at the same time: the stacked comparison, within an asset's like times and across assets in the
same hour.

A release's |move| ÷ sigma is held against that of the assets without a release of their own in the window, and this
difference against the same at the release's like times. What is left is neither the asset's own habit nor an hour in
which everything moves.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.events import Events
from models.impact.measure.matched import Matched
from models.impact.measure.moves import MoveGrid

MIN_OTHERS = 3


@dataclass(frozen=True)
class Others:
    """|Move| ÷ sigma over the next `steps` bars of the assets without a release in them (`quiet` [T, A]): sum and
    number at each row, [T].
    """

    moves: MoveGrid
    quiet: NDArray[np.bool_]
    steps: int
    total: Array
    count: NDArray[np.int64]

    def mean(self, row: NDArray[np.int64], asset: NDArray[np.int64]) -> Array:
        """Mean over the assets other than `asset` at each `row` (any shape); NaN below MIN_OTHERS of them."""
        inside = np.clip(row, 0, len(self.total) - 1)
        own = np.abs(self.moves.scaled(inside, asset, self.steps))
        counted = np.isfinite(own) & self.quiet[inside, asset]
        n = self.count[inside] - counted
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (self.total[inside] - np.where(counted, own, 0.0)) / n
        return np.where((n >= MIN_OTHERS) & (row >= 0), mean, np.nan)


def others_at(moves: MoveGrid, released: Events, steps: int) -> Others:
    """The others of every row of the grid. Looks `steps` bars ahead, as the moves themselves do."""
    rows, assets = moves.path.shape
    size = np.abs(moves.scaled(np.arange(rows)[:, None], np.arange(assets), steps))
    quiet = _quiet(released, steps, (rows, assets))
    known = np.isfinite(size) & quiet
    return Others(moves, quiet, steps, np.where(known, size, 0.0).sum(1), known.sum(1))


def _quiet(released: Events, steps: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether no release of the asset lies in the `steps` bars from each row on, [T, A]."""
    count = np.zeros((shape[0] + steps + 1, shape[1]), dtype=np.int32)
    np.add.at(count, (np.clip(released.row, 0, shape[0] - 1) + 1, released.asset), 1)
    total = np.cumsum(count, axis=0, dtype=np.int32)
    return total[steps : steps + shape[0]] == total[: shape[0]]


def beside_others(matched: Matched, asset: NDArray[np.int64], others: Others) -> Matched:
    """The quantity of `matched` less that of the other assets at the same time, at releases and at their like times."""
    return replace(
        matched,
        own=matched.own - others.mean(matched.row, asset),
        control=matched.control - others.mean(matched.control_row, asset[:, None]),
    )
