"""Every configuration that is tried: what it is, its orders, its daily returns before and after costs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.names import REFERENCE
from domain.types import Array
from models.backtest.backtest import Span
from models.backtest.ledger.account import Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms
from models.backtest.metrics import daily_returns
from models.backtest.strategies.release_rules import ReleaseRule, Releases
from models.backtest.strategies.rules import Rule
from models.backtest.strategies.views import Views


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
    """All configurations, C: what they are (a frame of C rows), their orders, daily returns [D, C] net and gross, and
    which of them ever traded [C]: a ratio of 0 for want of a trade is no result.
    """

    table: pl.DataFrame
    orders: list[Orders]
    daily: Array
    gross: Array
    traded: NDArray[np.bool_]
    rules: list[Rule | ReleaseRule]


def try_all(
    market: Market,
    terms: Terms,
    views: dict[str, Views],
    plan: Plan,
    releases: Releases | None,
    cost: Array,
    span: Span,
) -> Trials:
    """Every rule on every model's views but the reference walk's, then every release rule; the headline comes first."""
    tried = list(_on_forecasts(views, plan, cost))
    if releases is not None:
        tried += [(None, [rule], rule.orders(market, releases, cost)) for rule in plan.release_rules]
    told: list[dict[str, object]] = []
    each: list[Orders] = []
    daily, gross, traded = [], [], []
    for model, rules, orders in tried:
        told += [_told(rule, model, terms, is_shown=_is_shown(rule, model, plan)) for rule in rules]
        each += [Orders(orders.rows, np.asarray(orders.targets)[:, :, [i]]) for i in range(len(rules))]
        account = simulate(market, terms, orders, span.first, span.last)
        free = simulate(market, terms.free(), orders, span.first, span.last)
        daily.append(daily_returns(market, span.first, account.equity, terms.capital_usd)[1])
        gross.append(daily_returns(market, span.first, free.equity, terms.capital_usd)[1])
        traded.append(account.n_fills > 0)
    table = pl.DataFrame(told, infer_schema_length=None, schema_overrides={"model_name": pl.String})
    every = [rule for _, rules, _ in tried for rule in rules]
    return Trials(
        table, each, np.concatenate(daily, axis=1), np.concatenate(gross, axis=1), np.concatenate(traded), every
    )


Tried = tuple[str | None, list[Rule | ReleaseRule], Orders]


def _on_forecasts(views: dict[str, Views], plan: Plan, cost: Array) -> Iterator[Tried]:
    """All rules on the views of each model, as one set of orders a model; the headline's model and rule first."""
    rules = sorted(plan.rules, key=lambda rule: rule != plan.headline)
    for model in sorted((m for m in views if m != REFERENCE), key=lambda m: m != plan.model):
        seen = views[model]
        targets = np.stack([rule.weights(seen, cost[seen.rows]) for rule in rules], axis=2)
        yield model, [*rules], Orders(seen.rows, targets)


def _told(rule: Rule | ReleaseRule, model: str | None, terms: Terms, *, is_shown: bool) -> dict[str, object]:
    """A row of the table: what a configuration is, and an id of all its settings and terms, whatever the data."""
    settings = json.dumps(asdict(rule), sort_keys=True)
    key = json.dumps([type(rule).__name__, model, settings, asdict(terms)], sort_keys=True)
    hours, side = (rule.horizon_h, rule.side) if isinstance(rule, Rule) else (rule.hold_h, "both")
    return {
        "trial_id": hashlib.sha256(key.encode()).hexdigest()[:16],
        "strategy": f"{model}: {rule.name}" if model else rule.name, "model_name": model, "rule": rule.kind,
        "horizon_h": hours, "side": side, "strength": rule.strength, "settings": settings, "is_shown": is_shown,
    }  # fmt: skip


def _is_shown(rule: Rule | ReleaseRule, model: str | None, plan: Plan) -> bool:
    """Whether a configuration is shown in full: the headline's, one that differs from it in its kind alone, at its
    first strength, or a release rule at its first strength held as long as is shown.
    """
    if isinstance(rule, ReleaseRule):
        return rule.hold_h == plan.shown_hold_h and rule.strength == 1
    first = {"edge": 1.0, "kelly": 0.25}.get(rule.kind, rule.strength)
    headline = plan.headline
    same = (rule.horizon_h, rule.side, rule.strength) == (headline.horizon_h, headline.side, first)
    return same and model == plan.model
