"""Rules that trade releases, each with all the settings that are tried."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.account import Orders
from models.backtest.ledger.market import Market

Kind = Literal["follow", "fade", "band", "alert"]
HOLD_H = (4, 12, 24)
NEVER = -1


@dataclass(frozen=True)
class Releases:
    """N releases about assets `asset` [N] (column of the market).

    `row` [N]: the first close at or after the release was surely public; `flag_row` [N]: the same for the moment at
    which it was known to be false, NEVER where it was not; `is_open` [N]: whether nothing that came with it, or was
    known by then, said that it is generated or false. `expected` [N, W] and `width` [N, W]: median and width of the
    90 % band of the move within `windows_h` [W] after it, as the response model gave them then, NaN where it did not.
    """

    asset: NDArray[np.int64]
    row: NDArray[np.int64]
    flag_row: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    windows_h: tuple[float, ...]
    expected: Array
    width: Array

    def __len__(self) -> int:
        return len(self.asset)


@dataclass(frozen=True)
class ReleaseRule:
    """How a release becomes a position, `weight` of the equity long or short, held for `hold_h`.

    follow   a release that nothing speaks against, in the direction of the first move: from `wait_bars` after it
    fade     a fabricated one, against its move so far, from the moment at which it is known to be false
    band     in the direction that the response model expects, where its median beats `strength` times the costs
    alert    the same where its median is at least `strength` tenths of the width of its 90 % band away from zero:
             what an alert shows as leaning to one side, whatever it costs
    """

    kind: Kind
    hold_h: int = 12
    strength: float = 1.0
    wait_bars: int = 1
    weight: float = 0.05

    @property
    def name(self) -> str:
        """As pages and tables call it."""
        strength = f" ×{self.strength:g}" if self.kind in ("band", "alert") else ""
        return f"releases: {self.kind}{strength}, {self.hold_h} h"

    def positions(self, market: Market, releases: Releases, cost: Array) -> list[tuple[int, int, float]]:
        """(decision row, asset, direction) of what is traded, in order of time; releases that disagree are not."""
        found: dict[tuple[int, int], float] = {}
        for i in range(len(releases)):
            asset, row = int(releases.asset[i]), int(releases.row[i])
            decided, direction = self._decide(market, releases, i, asset, row, cost)
            if direction != 0 and 0 <= decided < len(market):
                found[decided, asset] = found.get((decided, asset), 0.0) + direction
        return [(row, asset, float(np.sign(sum_))) for (row, asset), sum_ in sorted(found.items()) if sum_ != 0]

    def _decide(
        self, market: Market, releases: Releases, i: int, asset: int, row: int, cost: Array
    ) -> tuple[int, float]:
        """The row of the decision and its direction (0: not traded)."""
        last = len(market) - 1
        if self.kind == "follow":
            at = row + self.wait_bars
            return at, _move(market, asset, row, at) if releases.is_open[i] and at <= last else 0.0
        if self.kind == "fade":
            at = int(releases.flag_row[i])
            return at, -_move(market, asset, max(row - 1, 0), at) if row <= at <= last else 0.0
        window = int(np.argmin(np.abs(np.array(releases.windows_h) - self.hold_h)))
        expected, width = releases.expected[i, window], releases.width[i, window]
        if not np.isfinite(expected) or row > last:
            return row, 0.0
        bar = self.strength * cost[row, asset] if self.kind == "band" else self.strength * width / 10
        return row, float(np.sign(expected)) if abs(expected) > bar else 0.0

    def orders(self, market: Market, releases: Releases, cost: Array) -> Orders:
        """Orders [D, A, 1]: in at the decision, out `hold_h` later; a newer release of the asset takes its place."""
        hold = int(self.hold_h / market.step_h)
        wanted: dict[int, dict[int, float]] = {}
        until: dict[int, int] = {}
        for row, asset, direction in self.positions(market, releases, cost):
            if asset in until and until[asset] > row:
                wanted[until[asset]].pop(asset, None)
            wanted.setdefault(row, {})[asset] = direction * self.weight
            until[asset] = row + hold
            wanted.setdefault(row + hold, {})[asset] = 0.0
        rows = np.array(sorted(r for r, made in wanted.items() if made and r < len(market)), dtype=np.int64)
        targets = np.full((len(rows), len(market.assets), 1), np.nan)
        for i, row in enumerate(rows):
            for asset, weight in wanted[int(row)].items():
                targets[i, asset, 0] = weight
        return Orders(rows, targets)


def _move(market: Market, asset: int, start: int, end: int) -> float:
    """Sign of the move between two closes; 0 where there is no price at the start."""
    before, after = market.unit[start, asset], market.unit[end, asset]
    return float(np.sign(after - before)) if before > 0 else 0.0


def all_release_rules(weight: float) -> list[ReleaseRule]:
    """Every release rule with every setting that is tried."""
    settings: tuple[tuple[Kind, float], ...] = (
        ("follow", 1.0), ("fade", 1.0), ("band", 1.0), ("band", 2.0), ("alert", 1.0), ("alert", 2.0),
    )  # fmt: skip
    return [ReleaseRule(kind, hold, strength, weight=weight) for (kind, strength), hold in product(settings, HOLD_H)]
