"""A quantity at releases and at the times they are compared with: excess moves, after less before, continuation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.controls import MIN_CONTROLS, NONE
from models.impact.measure.moves import MoveGrid


@dataclass(frozen=True)
class Matched:
    """One quantity of N releases: `own` [N], at their controls [N, K] (NaN where unusable), and the rows of the grid at
    which both are measured from.
    """

    own: Array
    control: Array
    row: NDArray[np.int64]
    control_row: NDArray[np.int64]

    @property
    def n(self) -> NDArray[np.int64]:
        """Usable controls per release, [N]."""
        return np.isfinite(self.control).sum(1)

    @property
    def mean(self) -> Array:
        """Mean over the controls, [N]; NaN below MIN_CONTROLS of them."""
        n = self.n
        total = np.where(np.isfinite(self.control), self.control, 0.0).sum(1)
        return np.where(n >= MIN_CONTROLS, total / np.maximum(n, 1), np.nan)

    @property
    def excess(self) -> Array:
        """The quantity beyond the mean of its controls, [N]."""
        return self.own - self.mean

    def where(self, member: NDArray[np.bool_] | NDArray[np.int64]) -> "Matched":
        """The part of the releases that `member` [N] selects."""
        return Matched(self.own[member], self.control[member], self.row[member], self.control_row[member])

    def blanked(self, hidden: NDArray[np.bool_]) -> "Matched":
        """The same with `hidden` [N] releases unmeasured."""
        return Matched(np.where(hidden, np.nan, self.own), self.control, self.row, self.control_row)


def excess_moves(
    moves: MoveGrid, row: NDArray[np.int64], asset: NDArray[np.int64], control: NDArray[np.int64], steps: int
) -> Matched:
    """|Move| ÷ sigma over the `steps` bars after `row` [N], and after each `control` row [N, K]."""
    at_controls = np.abs(moves.scaled(control, asset[:, None], steps))
    return Matched(
        np.abs(moves.scaled(row, asset, steps)), np.where(control == NONE, np.nan, at_controls), row, control
    )


def continuation(
    moves: MoveGrid,
    row: NDArray[np.int64],
    asset: NDArray[np.int64],
    control: NDArray[np.int64],
    steps: tuple[int, int],
) -> tuple[Matched, Matched]:
    """The later move ÷ sigma of the first, positive where it goes on in the direction of the first, and |first|.

    `steps`: bars of the first move and of both together. What is given back is negative.
    """
    first_steps, all_steps = steps

    def both(at: NDArray[np.int64], of: NDArray[np.int64]) -> tuple[Array, Array]:
        first, whole = moves.moved(at, of, first_steps), moves.moved(at, of, all_steps)
        sigma = moves.sigma(np.maximum(at, 0), of, first_steps)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sign(first) * (whole - first) / sigma, np.abs(first) / sigma

    own, own_first = both(row, asset)
    later, first = both(control, asset[:, None])
    none = control == NONE
    return (
        Matched(own, np.where(none, np.nan, later), row, control),
        Matched(own_first, np.where(none, np.nan, first), row, control),
    )
