"""What goes into a ledger, orders, and what comes out of it: an account."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.types import Array

KINDS = ("fee", "spread", "impact", "carry", "delisted")


class Targets(Protocol):
    """Weights wanted at each decision, [A, C] each; NaN: no order."""

    def __getitem__(self, number: int, /) -> Array: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Orders:
    """Decisions at `rows` [D], rising: the weights [A, C] that C configurations want to have of A assets."""

    rows: NDArray[np.int64]
    targets: Targets | Sequence[Array] | Array


@dataclass(frozen=True)
class Fill:
    """Fills of one bar: assets and configurations [F], dollars bought (negative: sold), and what that cost."""

    row: int
    asset: NDArray[np.int64]
    config: NDArray[np.int64]
    usd: Array
    fee: Array
    spread: Array
    impact: Array


@dataclass(frozen=True)
class Account:
    """What became of C configurations over rows first … last, R bars.

    `equity` [R, C] in USD, after the costs of the bar; `gross` and `net` [R, C]: sum of |positions| and of positions,
    in USD at the close, after trading; `traded` [R, C] in USD; `costs` [K, C] in USD by KINDS, carry and delisting
    among them; `n_fills` and `n_delisted` [C]. With `detail` also every fill, and holdings in units of `Market.unit`
    after trading at each of `held_rows`.
    """

    first: int
    equity: Array
    gross: Array
    net: Array
    traded: Array
    costs: Array
    n_fills: NDArray[np.int64]
    n_delisted: NDArray[np.int64]
    fills: list[Fill] = field(default_factory=list)
    held_rows: list[int] = field(default_factory=list)
    held: list[Array] = field(default_factory=list)
