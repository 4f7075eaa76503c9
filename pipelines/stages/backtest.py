"""Stage: trade walk-forward forecasts and releases on paper, and say what of it is luck."""

from dataclasses import replace
from datetime import datetime

import duckdb
import polars as pl

from domain.errors import NotEnoughDataError
from domain.names import DEFAULT, NETWORK, REFERENCE
from features.funding import settled_in_bar
from models.backtest.contest import hold
from models.backtest.ledger.market import Market, market_of
from models.backtest.ledger.terms import Terms
from models.backtest.strategies.release_rules import Releases, all_release_rules
from models.backtest.strategies.rules import Rule, all_rules
from models.backtest.strategies.views import Views, views_from_table
from models.backtest.tables import Tables, tables_of
from models.backtest.trials import Plan
from pipelines.run import Run
from pipelines.settings.models import BacktestSettings
from pipelines.stages.dataset import LinkedDataset
from pipelines.stages.releases_traded import releases_traded
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.backtests import (
    BACKTEST_CURVES,
    BACKTEST_DRAWDOWNS,
    BACKTEST_EQUITY,
    BACKTEST_METRICS,
    BACKTEST_POSITIONS,
    BACKTEST_TRADES,
    BACKTEST_TRIALS,
)
from warehouse.write import WriteResult, write

HEADLINE_H = 24


def backtest(con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset) -> list[WriteResult]:
    """Run every strategy over the walk-forward test span and write ledger, figures and trials.

    NotEnoughDataError where no evaluation forecasts are there.
    """
    forecasts = read.read(con, "models.forecasts").filter(pl.col("purpose") == "evaluation")
    if forecasts.is_empty():
        raise NotEnoughDataError("there are no walk-forward forecasts: run `tapewire evaluate` first")
    s = run.settings.backtest
    funding = settled_in_bar(read.as_of(con, "funding", run.as_of), dataset.bars)
    market = market_of(dataset.bars, funding, delisted_after_h=terms_of(s).delisted_after_h)
    views = {name: views_from_table(market, _of_model(forecasts, name)) for name in (DEFAULT, NETWORK, REFERENCE)}
    releases = releases_traded(con, run, dataset, market)
    made = traded(market, views, s, releases, read.read(con, "models.backtest_trials"), run.now)
    batch = run.batch("backtest")
    with transaction(con):
        return [
            write(con, BACKTEST_EQUITY, made.equity, batch, replace=True),
            write(con, BACKTEST_METRICS, made.metrics, batch, replace=True),
            write(con, BACKTEST_TRADES, made.trades, batch, replace=True),
            write(con, BACKTEST_POSITIONS, made.positions, batch, replace=True),
            write(con, BACKTEST_DRAWDOWNS, made.drawdowns, batch, replace=True),
            write(con, BACKTEST_CURVES, made.curves, batch, replace=True),
            write(con, BACKTEST_TRIALS, made.trials, batch),
        ]


def traded(
    market: Market, views: dict[str, Views], s: BacktestSettings, releases: Releases | None, tried: pl.DataFrame,
    now: datetime,
) -> Tables:  # fmt: skip
    """Every rule with every setting on the market; `tried`: rows of models.backtest_trials so far."""
    release_rules = [] if releases is None or len(releases) == 0 else all_release_rules(s.release_weight)
    headline = Rule("volatility", HEADLINE_H, target_vol=s.target_vol, max_weight=s.max_weight)
    model = DEFAULT if DEFAULT in views else next(name for name in views if name != REFERENCE)
    plan = Plan(all_rules(s.target_vol, s.max_weight), release_rules, headline, model)
    before = {} if tried.is_empty() else dict(tried.select("trial_id", "first_tried_ts").iter_rows())
    made = tables_of(hold(market, terms_of(s), views, plan, releases, frozenset(before)), terms_of(s), now)
    first = pl.col("trial_id").replace_strict(before, default=now, return_dtype=pl.Datetime("us", "UTC"))
    return replace(made, trials=made.trials.with_columns(first_tried_ts=first))


def _of_model(forecasts: pl.DataFrame, name: str) -> pl.DataFrame:
    return forecasts.filter(pl.col("model_name") == name)


def terms_of(s: BacktestSettings) -> Terms:
    """The terms of trading that the settings say."""
    names = ("capital_usd", "fees", "least_spread_bps", "spread", "impact", "instrument", "borrow_per_year",
             "latency_bars", "least_change", "max_leverage", "recovery")  # fmt: skip
    return Terms(**{name: getattr(s, name) for name in names}, delisted_after_h=24 * s.delisted_after_days)
