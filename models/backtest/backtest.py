"""One strategy from orders to figures, gross and net, beside chance; and how it bears cost, delay and size."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.account import KINDS, Account, Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market
from models.backtest.ledger.statement import Statement, statement
from models.backtest.ledger.terms import Terms
from models.backtest.luck.alarms import alarms, direction_right
from models.backtest.metrics import DAYS_PER_YEAR, STILL, Figure, daily_returns, figures
from models.backtest.strategies.rivals import DRAWS, chance_p, random_signals

COST_SCALES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
CAPITALS_USD = (1e4, 1e5, 1e6, 1e7, 1e8)
LATENCIES = (1, 2, 3, 6, 12, 24)
FEWEST_DECISIONS = 20
EVENT_DRAWS = 100  # moved events trade at any hour, which takes longer


@dataclass(frozen=True)
class Span:
    """Rows first … last of a market that a backtest runs over, and the market's own daily returns [D]."""

    first: int
    last: int
    market_daily: Array


@dataclass(frozen=True)
class Outcome:
    """What a strategy did. `days` [D], daily returns net and gross [D]; the account and statement of the net one.

    `figures` of the net returns, `gross_figures` of the same orders without any cost; `costs`: what each kind took a
    year, share of the mean equity; `alarms`: why it may not be true.
    """

    name: str
    days: NDArray[np.int64]
    daily: Array
    daily_gross: Array
    account: Account
    statement: Statement
    figures: dict[str, Figure]
    gross_figures: dict[str, Figure]
    costs: dict[str, float]
    alarms: list[str]


def span_of(market: Market, first: int, last: int) -> Span:
    """A span with bitcoin's daily returns, or those of an equal share in every asset where it is not there."""
    unit = market.unit[first : last + 1]
    if "BTC" in market.assets:
        held = unit[:, [market.assets.index("BTC")]]
    else:
        there = unit[0] > 0
        held = (unit[:, there] / unit[0, there]).mean(1, keepdims=True) if there.any() else np.ones((len(unit), 1))
    _, daily = daily_returns(market, first, held, held[0])
    return Span(first, last, np.nan_to_num(daily[:, 0]))


def run(market: Market, terms: Terms, orders: Orders, span: Span, name: str) -> Outcome:
    """One strategy, a single configuration of orders."""
    account = simulate(market, terms, orders, span.first, span.last, detail=True)
    free = simulate(market, terms.free(), orders, span.first, span.last)
    days, daily = daily_returns(market, span.first, account.equity, terms.capital_usd)
    _, gross = daily_returns(market, span.first, free.equity, terms.capital_usd)
    told = statement(market, terms, account)
    figure, of_gross = figures(daily[:, 0], span.market_daily), figures(gross[:, 0])
    years, mean = len(days) / DAYS_PER_YEAR, max(float(account.equity.mean()), 1e-9)
    figure |= {
        "final_equity": Figure(float(account.equity[-1, 0])),
        "turnover_per_year": Figure(float(account.traded.sum()) / mean / years),
        "mean_gross_exposure": Figure(_share(account.gross[:, 0], account.equity[:, 0])),
        "mean_net_exposure": Figure(_share(account.net[:, 0], account.equity[:, 0])),
        "fills": Figure(float(account.n_fills[0])),
        "delisted": Figure(float(account.n_delisted[0])),
    }
    right, held = direction_right(told.value, told.move)
    figure["direction_right"] = Figure(right, why="" if held else "nothing was held")
    costs = {kind: float(account.costs[i, 0]) / mean / years for i, kind in enumerate(KINDS)}
    said = alarms(of_gross["sharpe"].value, of_gross["sharpe"].low, right, held)
    return Outcome(name, days, daily[:, 0], gross[:, 0], account, told, figure, of_gross, costs, said)


def _share(part: Array, equity: Array) -> float:
    return float(np.divide(part, equity, out=np.zeros_like(part), where=equity > 0).mean())


@dataclass(frozen=True)
class Chance:
    """Sharpe ratios a year of random signals [draws] and total returns, and how likely they do as well by chance."""

    sharpe: Array
    total_return: Array
    p: float


def against_chance(
    market: Market, terms: Terms, orders: Orders, span: Span, own: Figure, *, by_event: bool
) -> Chance | None:
    """The same orders at other times; None where the strategy has no Sharpe ratio, or too few decisions to move."""
    if not np.isfinite(own.value) or len(orders.rows) < FEWEST_DECISIONS:
        return None
    draws = EVENT_DRAWS if by_event else DRAWS
    account = random_signals(market, terms, orders, span.first, span.last, by_event=by_event, draws=draws)
    _, daily = daily_returns(market, span.first, account.equity, terms.capital_usd)
    sharpe = sharpes(daily)
    return Chance(sharpe, (1 + daily).prod(0) - 1, chance_p(own.value, sharpe))


def sharpes(daily: Array) -> Array:
    """Sharpe ratio a year of each column of daily returns [D, C]; 0 where nothing varies."""
    if len(daily) < 2:
        return np.zeros(daily.shape[1])
    deviation = daily.std(0, ddof=1)
    ratio = np.divide(daily.mean(0), deviation, out=np.zeros(daily.shape[1]), where=deviation > STILL)
    return ratio * np.sqrt(DAYS_PER_YEAR)


def curves(market: Market, terms: Terms, orders: Orders, span: Span) -> list[tuple[str, float, float]]:
    """Sharpe ratio a year over scaled costs, capital and latency: (axis, x, Sharpe ratio)."""
    one = [np.asarray(orders.targets[i]) for i in range(len(orders.rows))]

    def tried(n: int, how: Terms, capital: Array | None = None, scale: Array | None = None) -> Array:
        many = Orders(orders.rows, [np.repeat(w, n, axis=1) for w in one])
        account = simulate(market, how, many, span.first, span.last, capital_usd=capital, cost_scale=scale)
        start = how.capital_usd if capital is None else capital
        return sharpes(daily_returns(market, span.first, account.equity, start)[1])

    scales, capitals = terms.cost_scale * np.array(COST_SCALES), np.array(CAPITALS_USD)
    out = [("cost", x, s) for x, s in zip(COST_SCALES, tried(len(scales), terms, scale=scales), strict=True)]
    out += [("capital", x, s) for x, s in zip(CAPITALS_USD, tried(len(capitals), terms, capital=capitals), strict=True)]
    out += [("latency", float(x), tried(1, replace(terms, latency_bars=x))[0]) for x in LATENCIES]
    return [(axis, float(x), float(s)) for axis, x, s in out]
