"""What stands beside a strategy: buying and holding, equal weights, and random signals of the same turnover."""

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.account import Account, Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms

BUY_AND_HOLD, EQUAL_WEIGHT, BITCOIN = "buy and hold", "equal weight", "bitcoin"
REBALANCED_H = 168.0
DRAWS = 200


def buy_and_hold(market: Market, row: int) -> Orders:
    """An equal share in every asset that trades at `row`, bought once and never touched again."""
    there = market.traded[row]
    return Orders(np.array([row]), np.where(there, 1 / max(int(there.sum()), 1), np.nan)[None, :, None])


def bitcoin(market: Market, row: int) -> Orders:
    """Everything in bitcoin, bought once. ValueError where the market has none."""
    targets = np.full((1, len(market.assets), 1), np.nan)
    targets[0, market.assets.index("BTC"), 0] = 1.0
    return Orders(np.array([row]), targets)


def equal_weight(market: Market, first: int, last: int) -> Orders:
    """An equal share in every asset that trades, set right once a week."""
    rows = np.arange(first, last + 1, int(REBALANCED_H / market.step_h))
    there = market.traded[rows]
    share = 1 / np.maximum(there.sum(1, keepdims=True), 1)
    return Orders(rows, np.where(there, share, np.nan)[:, :, None])


def scaled_to(daily: Array, other: Array) -> Array:
    """Daily returns [D] at the volatility of another's, by constant and free leverage; NaN where one is still."""
    own, wanted = daily.std(), other.std()
    return daily * (wanted / own) if own > 0 and wanted > 0 else np.full_like(daily, np.nan)


class ShiftedSignals:
    """Weights [D, A] dealt to other times: the whole path moved on by a random number of decisions, end to beginning.

    Turnover, holding, exposure and what assets have to do with each other stay; when they come is chance. No shift is
    shorter than a twentieth of the path. `targets[i]` is [A, draws].
    """

    def __init__(self, weights: Array, draws: int = DRAWS, seed: int = 7) -> None:
        n = len(weights)
        least = max(1, n // 20)
        if n <= 2 * least:
            raise ValueError(f"{n} decisions are too few to be shifted against each other: at least 3 are needed")
        self.weights = weights
        self.shift: NDArray[np.int64] = np.random.default_rng(seed).integers(least, n - least + 1, draws)

    def __getitem__(self, number: int) -> Array:
        return self.weights[(number + self.shift) % len(self.weights)].T

    def __len__(self) -> int:
        return len(self.weights)


class ShiftedOrders:
    """Orders moved on by a random number of days, end to beginning: the same entries, holding and exits at other times.

    For orders that come when something happens, such as releases. No shift is shorter than a twentieth of the span.
    `rows` are all rows at which any draw has an order; `targets[i]` is [A, draws].
    """

    def __init__(
        self, market: Market, orders: Orders, first: int, last: int, draws: int = DRAWS, seed: int = 7
    ) -> None:
        n, day = last - first + 1, int(24 / market.step_h)
        days = n // day
        if days < 20:
            raise ValueError(f"{days} days are too few to move orders about: at least 20 are needed")
        self.first, self.n, self.weights = first, n, weights_of(orders)
        self.shift = day * np.random.default_rng(seed).integers(max(1, days // 20), days - days // 20, draws)
        self.source = np.full(n, -1)
        inside = (orders.rows >= first) & (orders.rows <= last)
        self.source[orders.rows[inside] - first] = np.flatnonzero(inside)
        self.rows = np.unique((orders.rows[inside][:, None] - first + self.shift) % n) + first

    def __getitem__(self, number: int) -> Array:
        at = self.source[(self.rows[number] - self.first - self.shift) % self.n]
        return np.where(at >= 0, self.weights[at].T, np.nan)

    def __len__(self) -> int:
        return len(self.rows)


def weights_of(orders: Orders) -> Array:
    """The weights [D, A] of orders of one configuration."""
    return np.stack([np.asarray(orders.targets[i])[:, 0] for i in range(len(orders.rows))])


def random_signals(
    market: Market, terms: Terms, orders: Orders, first: int, last: int, *, by_event: bool, draws: int = DRAWS
) -> Account:
    """Accounts of the same orders at other times: decisions dealt anew (`ShiftedSignals`), or events moved by days.

    ValueError for orders that are too few, or a span that is too short, to be moved about.
    """
    if by_event:
        moved = ShiftedOrders(market, orders, first, last, draws)
        return simulate(market, terms, Orders(moved.rows, moved), first, last)
    return simulate(market, terms, Orders(orders.rows, ShiftedSignals(weights_of(orders), draws)), first, last)


def chance_p(own: float, random: Array) -> float:
    """One-sided p-value: share of random signals that do at least as well, the own among them."""
    return float((1 + (random >= own).sum()) / (1 + len(random)))
