"""The whole backtest: every configuration of every rule, some of them in full, and what luck explains of the best."""

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from domain.names import REFERENCE
from domain.types import Array
from models.backtest.backtest import Chance, Outcome, Span, against_chance, curves, run, sharpes, span_of
from models.backtest.ledger.account import Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms, round_trip
from models.backtest.luck.cross_validation import Paths, cross_validated
from models.backtest.luck.overfit import Overfitting, deflated_sharpe, overfitting_probability
from models.backtest.metrics import DAYS_PER_YEAR, daily_returns
from models.backtest.strategies.release_rules import ReleaseRule, Releases
from models.backtest.strategies.rivals import BITCOIN, BUY_AND_HOLD, EQUAL_WEIGHT, bitcoin, buy_and_hold, equal_weight
from models.backtest.strategies.rules import Rule
from models.backtest.strategies.views import Views

PBO_GROUPS, PATH_GROUPS, PURGE_DAYS = 16, 10, 2


@dataclass(frozen=True)
class Plan:
    """What is tried: rules on the views of each model, rules on releases, and the one whose result is the headline's.

    The headline is fixed beforehand, so that no choice flatters it. Rules that differ from it in their kind alone, and
    release rules held `shown_hold_h` at strength 1, are shown in full as well.
    """

    rules: list[Rule]
    release_rules: list[ReleaseRule]
    headline: Rule
    model: str
    shown_hold_h: int = 12


@dataclass(frozen=True)
class Trials:
    """All configurations, C: what they are (a frame of C rows), their orders, daily returns [D, C] net and gross."""

    table: pl.DataFrame
    orders: list[Orders]
    daily: Array
    gross: Array


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
    """The result of a whole backtest; the first of `outcomes` is the headline's."""

    span: Span
    outcomes: list[Outcome]
    rivals: list[Outcome]
    trials: Trials
    luck: Luck
    chance: Chance | None
    curves: list[tuple[str, float, float]]


def hold(
    market: Market,
    terms: Terms,
    views: dict[str, Views],
    plan: Plan,
    releases: Releases | None,
    tried: frozenset[str] = frozenset(),
) -> Contest:
    """Run everything over the bars from the first decision on.

    `tried`: ids of the configurations that were tried before; they count when luck is weighed.
    """
    rows = np.concatenate([v.rows for v in views.values()])
    span = span_of(market, int(rows.min()), len(market) - 1)
    cost = round_trip(market, terms, terms.capital_usd * plan.headline.max_weight / 4)
    trials = _try_all(market, terms, views, plan, releases, cost, span)
    shown = [i for i, is_shown in enumerate(trials.table["is_shown"]) if is_shown]
    best = int(np.argmax(sharpes(trials.daily)))
    names = trials.table["strategy"].to_list()
    outcomes = [run(market, terms, trials.orders[i], span, names[i]) for i in dict.fromkeys([*shown, best])]
    beside = {
        BUY_AND_HOLD: buy_and_hold(market, span.first),
        EQUAL_WEIGHT: equal_weight(market, span.first, span.last),
    }
    if "BTC" in market.assets:
        beside[BITCOIN] = bitcoin(market, span.first)
    rivals = [run(market, terms, order, span, name) for name, order in beside.items()]
    head = views[plan.model]
    weights = plan.headline.weights(head, cost[head.rows])
    chance = against_chance(market, terms, head.rows, weights, span, outcomes[0].figures["sharpe"])
    if REFERENCE in views:
        walk = views[REFERENCE]
        on_walk = Orders(walk.rows, plan.headline.weights(walk, cost[walk.rows])[:, :, None])
        rivals.append(run(market, terms, on_walk, span, f"{REFERENCE}: {plan.headline.name}"))
    luck = _luck(trials, outcomes, names[best], len(tried | set(trials.table["trial_id"])))
    own = Orders(head.rows, weights[:, :, None])
    return Contest(span, outcomes, rivals, trials, luck, chance, curves(market, terms, own, span))


def _try_all(
    market: Market,
    terms: Terms,
    views: dict[str, Views],
    plan: Plan,
    releases: Releases | None,
    cost: Array,
    span: Span,
) -> Trials:
    """Every rule on every model's views but the reference walk's, then every release rule; the headline comes first."""
    told: list[dict[str, object]] = []
    orders: list[Orders] = []
    daily: list[Array] = []
    gross: list[Array] = []

    def trade(order: Orders) -> None:
        for how, found in ((terms, daily), (terms.free(), gross)):
            account = simulate(market, how, order, span.first, span.last)
            found.append(daily_returns(market, span.first, account.equity, how.capital_usd)[1])

    for model in sorted((m for m in views if m != REFERENCE), key=lambda m: m != plan.model):
        seen = views[model]
        rules = sorted(plan.rules, key=lambda r: r != plan.headline)
        targets = np.stack([rule.weights(seen, cost[seen.rows]) for rule in rules], axis=2)
        trade(Orders(seen.rows, targets))
        orders += [Orders(seen.rows, targets[:, :, [i]]) for i in range(len(rules))]
        told += [_told(rule, model, model == plan.model and _is_like(rule, plan.headline)) for rule in rules]
    for rule in plan.release_rules if releases is not None else []:
        assert releases is not None
        order = rule.orders(market, releases, cost)
        trade(order)
        orders.append(order)
        is_shown = rule.hold_h == plan.shown_hold_h and rule.strength == 1
        told.append({"strategy": rule.name, "model_name": None, "rule": rule.kind, "horizon_h": rule.hold_h,
                     "side": "both", "strength": rule.strength, "is_shown": is_shown})  # fmt: skip
    table = pl.DataFrame(told, infer_schema_length=None, schema_overrides={"model_name": pl.String})
    ids = pl.Series("trial_id", [_identity(row, terms) for row in told])
    return Trials(table.with_columns(ids), orders, np.concatenate(daily, axis=1), np.concatenate(gross, axis=1))


def _identity(configuration: dict[str, object], terms: Terms) -> str:
    """A configuration and its terms, whatever the data."""
    told = {k: v for k, v in configuration.items() if k != "is_shown"}
    return hashlib.sha256(json.dumps([told, asdict(terms)], sort_keys=True).encode()).hexdigest()[:16]


def _told(rule: Rule, model: str, is_shown: bool) -> dict[str, object]:
    return {"strategy": f"{model}: {rule.name}", "model_name": model, "rule": rule.kind, "horizon_h": rule.horizon_h,
            "side": rule.side, "strength": rule.strength, "is_shown": is_shown}  # fmt: skip


def _is_like(rule: Rule, headline: Rule) -> bool:
    """Whether a rule is the headline's, or one that differs in its kind alone, at its first strength."""
    first = {"edge": 1.0, "kelly": 0.25}.get(rule.kind, rule.strength)
    return (rule.horizon_h, rule.side, rule.strength) == (headline.horizon_h, headline.side, first)


def _luck(trials: Trials, outcomes: list[Outcome], best: str, n: int) -> Luck:
    """Deflated Sharpe ratios by all trials ever, and what choosing among the present ones is worth.

    How far apart ratios lie without skill is taken from those before costs: what costs do to a configuration that
    trades much is no luck. So is the probability of overfitting: the cheapest configuration is no discovery.
    """
    varied, before = (r[:, trials.daily.std(0) > 0] for r in (trials.daily, trials.gross))
    each = sharpes(trials.gross) / np.sqrt(DAYS_PER_YEAR)
    deflated = {o.name: deflated_sharpe(o.daily, each, n) for o in outcomes if np.isfinite(o.figures["sharpe"].value)}
    days, columns = varied.shape
    pbo = overfitting_probability(before, PBO_GROUPS) if columns > 1 and days >= 4 * PBO_GROUPS else None
    enough = columns > 1 and days >= PATH_GROUPS * (2 * PURGE_DAYS + 2)
    paths = cross_validated(varied, PATH_GROUPS, purge=PURGE_DAYS) if enough else None
    return Luck(n, best, deflated, pbo, paths)
