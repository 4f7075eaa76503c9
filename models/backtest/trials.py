"""Every configuration that is tried: what it is, its orders, its daily returns before and after costs."""

import hashlib
import json
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
    told: list[dict[str, object]] = []
    orders: list[Orders] = []
    daily: list[Array] = []
    gross: list[Array] = []
    fills: list[NDArray[np.int64]] = []
    every: list[Rule | ReleaseRule] = []

    def trade(order: Orders) -> None:
        account = simulate(market, terms, order, span.first, span.last)
        free = simulate(market, terms.free(), order, span.first, span.last)
        fills.append(account.n_fills)
        orders.extend(Orders(order.rows, np.asarray(order.targets)[:, :, [i]]) for i in range(len(account.n_fills)))
        for equity, found in ((account.equity, daily), (free.equity, gross)):
            found.append(daily_returns(market, span.first, equity, terms.capital_usd)[1])

    for model in sorted((m for m in views if m != REFERENCE), key=lambda m: m != plan.model):
        seen, is_main = views[model], model == plan.model
        rules = sorted(plan.rules, key=lambda r: r != plan.headline)
        targets = np.stack([rule.weights(seen, cost[seen.rows]) for rule in rules], axis=2)
        told += [_told(rule, model, terms, is_shown=is_main and _is_like(rule, plan.headline)) for rule in rules]
        trade(Orders(seen.rows, targets))
        every += rules
    for release_rule in plan.release_rules if releases is not None else []:
        assert releases is not None
        is_shown = release_rule.hold_h == plan.shown_hold_h and release_rule.strength == 1
        told.append(_told(release_rule, None, terms, is_shown=is_shown))
        trade(release_rule.orders(market, releases, cost))
        every.append(release_rule)
    table = pl.DataFrame(told, infer_schema_length=None, schema_overrides={"model_name": pl.String})
    net, before = np.concatenate(daily, axis=1), np.concatenate(gross, axis=1)
    return Trials(table, orders, net, before, np.concatenate(fills) > 0, every)


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


def _is_like(rule: Rule, headline: Rule) -> bool:
    """Whether a rule is the headline's, or one that differs in its kind alone, at its first strength."""
    first = {"edge": 1.0, "kelly": 0.25}.get(rule.kind, rule.strength)
    return (rule.horizon_h, rule.side, rule.strength) == (headline.horizon_h, headline.side, first)
