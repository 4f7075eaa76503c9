"""The whole backtest: every configuration of every rule, some of them in full, and what luck explains of the best."""

from dataclasses import dataclass

import numpy as np

from domain.names import REFERENCE
from domain.types import Array
from models.backtest.backtest import Chance, Outcome, Span, against_chance, curves, run, sharpes, span_of
from models.backtest.ledger.account import Orders
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms, round_trip
from models.backtest.luck.cross_validation import Paths, cross_validated
from models.backtest.luck.overfit import Overfitting, deflated_sharpe, overfitting_probability
from models.backtest.metrics import DAYS_PER_YEAR
from models.backtest.strategies.release_rules import ReleaseRule, Releases
from models.backtest.strategies.rivals import BITCOIN, BUY_AND_HOLD, EQUAL_WEIGHT, bitcoin, buy_and_hold, equal_weight
from models.backtest.strategies.rules import Rule
from models.backtest.strategies.views import Views
from models.backtest.trials import Plan, Trials, try_all
from models.quantiles.quantiles import HORIZONS_H

PBO_GROUPS, PATH_GROUPS, PURGE_DAYS = 16, 10, 2


@dataclass(frozen=True)
class Luck:
    """How much of the best Sharpe ratio is the choice among configurations.

    `deflated`: probability that each shown strategy's ratio is above what the best of `n_trials` shows without skill.
    """

    n_trials: int
    best: str
    deflated: dict[str, float]
    overfitting: Overfitting | None
    paths: Paths | None


@dataclass(frozen=True)
class Contest:
    """The result of a whole backtest; the first of `outcomes` is the headline's.

    By the name of each outcome: what chance makes of its orders, and what its rule makes of the reference walk's
    forecasts.
    """

    span: Span
    outcomes: list[Outcome]
    rivals: list[Outcome]
    trials: Trials
    luck: Luck
    chance: dict[str, Chance]
    on_the_walk: dict[str, Outcome]
    curves: list[tuple[str, float, float]]


def hold(
    market: Market,
    terms: Terms,
    views: dict[str, Views],
    plan: Plan,
    releases: Releases | None,
    tried: frozenset[str] = frozenset(),
) -> Contest:
    """Run everything over the bars from the first decision to the end of the longest horizon after the last one.

    The best is that of those which trade. KeyError where `plan.model` has no views.
    `tried`: ids of the configurations that were tried before; they count when luck is weighed.
    """
    rows = np.concatenate([v.rows for v in views.values()])
    end = int(rows.max()) + terms.latency_bars + int(max(HORIZONS_H) / market.step_h)
    span = span_of(market, int(rows.min()), min(end, len(market) - 1))
    cost = round_trip(market, terms, terms.capital_usd * plan.headline.max_weight / 4)
    trials = try_all(market, terms, views, plan, releases, cost, span)
    shown = [i for i, is_shown in enumerate(trials.table["is_shown"]) if is_shown]
    best = int(np.argmax(np.where(trials.traded, sharpes(trials.daily), -np.inf)))
    names = trials.table["strategy"].to_list()
    shown = list(dict.fromkeys([*shown, best]))
    outcomes = [run(market, terms, trials.orders[i], span, names[i]) for i in shown]
    chance, on_the_walk = {}, {}
    for outcome, i in zip(outcomes, shown, strict=True):
        rule, own = trials.rules[i], outcome.figures["sharpe"]
        by_event = isinstance(rule, ReleaseRule)
        found = against_chance(market, terms, trials.orders[i], span, own, by_event=by_event)
        if found is not None:
            chance[outcome.name] = found
        if isinstance(rule, Rule) and REFERENCE in views:
            on_the_walk[outcome.name] = _on_the_walk(market, terms, rule, views[REFERENCE], cost, span)
    rivals = [run(market, terms, order, span, name) for name, order in _beside(market, span).items()]
    if outcomes[0].name in on_the_walk:
        rivals.append(on_the_walk[outcomes[0].name])
    luck = _luck(trials, outcomes, names[best], len(tried | set(trials.table["trial_id"])))
    return Contest(
        span, outcomes, rivals, trials, luck, chance, on_the_walk, curves(market, terms, trials.orders[0], span)
    )


def _beside(market: Market, span: Span) -> dict[str, Orders]:
    """Strategies that expect nothing."""
    beside = {
        BUY_AND_HOLD: buy_and_hold(market, span.first),
        EQUAL_WEIGHT: equal_weight(market, span.first, span.last),
    }
    if "BTC" in market.assets:
        beside[BITCOIN] = bitcoin(market, span.first)
    return beside


def _on_the_walk(market: Market, terms: Terms, rule: Rule, walk: Views, cost: Array, span: Span) -> Outcome:
    """The same rule on the reference walk's forecasts."""
    orders = Orders(walk.rows, rule.weights(walk, cost[walk.rows])[:, :, None])
    return run(market, terms, orders, span, f"{REFERENCE}: {rule.name}")


def _luck(trials: Trials, outcomes: list[Outcome], best: str, n: int) -> Luck:
    """Deflated Sharpe ratios by all trials ever, and what choosing among the present ones is worth.

    How far apart ratios lie without skill is taken from those before costs: what costs do to a configuration that
    trades much is no luck. So is the probability of overfitting: the cheapest configuration is no discovery.
    """
    varied, before = trials.daily[:, trials.traded], trials.gross[:, trials.traded]
    each = sharpes(before) / np.sqrt(DAYS_PER_YEAR)
    deflated = {o.name: deflated_sharpe(o.daily, each, n) for o in outcomes if np.isfinite(o.figures["sharpe"].value)}
    days, columns = varied.shape
    pbo = overfitting_probability(before, PBO_GROUPS) if columns > 1 and days >= 4 * PBO_GROUPS else None
    enough = columns > 1 and days >= PATH_GROUPS * (2 * PURGE_DAYS + 2)
    paths = cross_validated(varied, PATH_GROUPS, purge=PURGE_DAYS) if enough else None
    return Luck(n, best, deflated, pbo, paths)
