"""The whole backtest: strategies on walks earn nothing but their costs, and one that knows the future is found out."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.backtest.backtest import run, span_of
from models.backtest.contest import hold
from models.backtest.ledger.account import KINDS, Orders
from models.backtest.ledger.market import market_of
from models.backtest.ledger.terms import Terms
from models.backtest.strategies.rivals import ShiftedOrders, ShiftedSignals, random_signals
from models.backtest.strategies.rules import Rule, all_rules
from models.backtest.tables import tables_of
from models.backtest.trials import Plan
from tests.kits.backtests import forecast_grid, pure_walk, sharpe_of, walk_views

ASSETS = ("BTC", "AAA", "BBB", "CCC")
HEADLINE = Rule("volatility", 24)
PLAN = Plan([r for r in all_rules(0.2, 0.25) if r.horizon_h == 24], [], HEADLINE, "tapewire")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def contest():
    market, views = walk_views(pure_walk(24 * 200, ASSETS, 1), 12, 1)
    return market, views, hold(market, Terms(), views, PLAN, None)


def test_the_headline_comes_first_and_every_configuration_is_counted(contest):
    _, _, made = contest
    assert made.outcomes[0].name == "tapewire: volatility 24 h, long and short"
    assert made.luck.n_trials == len(made.trials.table) == len(PLAN.rules) == 12
    names = {o.name for o in made.outcomes}
    assert {"tapewire: sign 24 h, long and short", "tapewire: kelly ×0.25 24 h, long and short"} <= names
    assert made.luck.best in names, "the best of all is shown in full too"
    assert [o.name for o in made.rivals] == [
        "buy and hold", "equal weight", "bitcoin", "reference_walk: volatility 24 h, long and short",
    ]  # fmt: skip


def test_trials_and_outcomes_are_the_same_numbers(contest):
    _, _, made = contest
    for outcome in made.outcomes:
        column = made.trials.table["strategy"].to_list().index(outcome.name)
        np.testing.assert_allclose(made.trials.daily[:, column], outcome.daily, atol=1e-12)


def test_gross_less_what_costs_took_is_net(contest):
    _, _, made = contest
    for o in made.outcomes + made.rivals:
        years = len(o.days) / 365
        earned = o.statement.move.sum() / o.account.equity.mean() / years
        net = (o.account.equity[-1, 0] - 100_000) / o.account.equity.mean() / years
        assert earned - sum(o.costs.values()) == pytest.approx(net, abs=1e-9)


def test_on_the_walks_own_forecasts_the_rule_does_not_trade(contest):
    _, _, made = contest
    walk = made.rivals[-1]
    assert walk.figures["fills"].value == 0
    assert np.isnan(walk.figures["sharpe"].value) and walk.figures["sharpe"].why == "returns do not vary"


def test_it_ends_with_the_longest_horizon_after_the_last_forecast(contest):
    market, views, made = contest
    assert made.span.last == views["tapewire"].rows[-1] + 1 + 24 < len(market) - 1


def test_any_other_setting_is_another_trial():
    """Limits and sizes too: who tunes them tries more."""
    market, views = walk_views(pure_walk(24 * 60, ASSETS, 5), 24, 5)
    ids = set()
    for target_vol, max_weight, delisted in (
        (0.2, 0.25, 168.0),
        (0.4, 0.25, 168.0),
        (0.2, 0.5, 168.0),
        (0.2, 0.25, 24.0),
    ):
        headline = Rule("volatility", target_vol=target_vol, max_weight=max_weight)
        plan = Plan([headline], [], headline, "tapewire")
        made = hold(market, Terms(delisted_after_h=delisted), views, plan, None)
        ids |= set(made.trials.table["trial_id"])
    assert len(ids) == 4


def test_what_never_trades_is_counted_but_is_not_the_best_nor_a_measure_of_luck():
    market, views = walk_views(pure_walk(24 * 60, ASSETS, 5), 24, 5)
    plan = replace(PLAN, rules=[HEADLINE, Rule("sign"), Rule("edge", strength=1e6)])
    made = hold(market, Terms(), views, plan, None)
    assert made.luck.n_trials == 3 and made.trials.traded.tolist() == [True, True, False]
    assert "edge" not in made.luck.best
    still = hold(market, Terms(), {"tapewire": views["reference_walk"]}, plan, None)
    assert still.luck.n_trials == 3 and not still.trials.traded.any()
    assert still.luck.overfitting is None and still.luck.deflated == {}


def test_a_ruined_account_has_finite_figures_everywhere():
    bars = pure_walk(24 * 60, ("BTC", "AAA"), 6)
    for grid in (bars.open, bars.high, bars.low, bars.close):
        grid[900:, 1] *= 40.0 / 1.35  # below what would be another unit
    market, views = walk_views(bars, 24, 6)
    short = views["tapewire"]
    down = {
        f: np.where(np.arange(2)[None, :, None] == 1, -1.0, 0.0) * np.ones_like(getattr(short, f))
        for f in ("mean", "median")
    }
    headline = Rule("sign")
    terms = Terms(max_leverage=3.0)
    made = hold(market, terms, {"tapewire": replace(short, **down)}, Plan([headline], [], headline, "tapewire"), None)
    assert made.outcomes[0].figures["total_return"].value == -1
    tables = tables_of(made, terms, datetime(2024, 1, 1, tzinfo=UTC))
    for frame in (tables.equity, tables.positions, tables.trades):
        numbers = frame.select(pl.col(pl.Float64)).drop_nulls()
        assert np.isfinite(numbers.to_numpy()).all()
    carry = made.outcomes[0].statement.carry.sum()
    assert made.outcomes[0].account.costs[KINDS.index("carry"), 0] == pytest.approx(carry)


def test_random_signals_keep_turnover_and_exposure_and_are_a_distribution_around_minus_the_costs(contest):
    market, _, made = contest
    assert set(made.chance) == {o.name for o in made.outcomes}
    chance = made.chance[made.outcomes[0].name]
    assert 0.01 < chance.p < 0.99
    assert len(chance.sharpe) == 200 and chance.sharpe.std() > 0.1
    assert chance.sharpe.mean() < 0
    own, span = made.outcomes[0].account, made.span
    dealt = random_signals(market, Terms(), made.trials.orders[0], span.first, span.last, by_event=False)
    assert np.median(dealt.traded.sum(0)) == pytest.approx(own.traded.sum(), rel=0.15)
    assert np.median(dealt.gross.mean(0)) == pytest.approx(own.gross.mean(), rel=0.15)


def test_a_shift_is_never_the_path_itself():
    signals = ShiftedSignals(np.arange(100.0)[:, None], draws=500)
    assert (np.abs(np.array([signals[0][0] for _ in range(1)])) >= 5).all()
    assert set(signals.shift) <= set(range(5, 96))
    with pytest.raises(ValueError, match="too few to be shifted"):
        ShiftedSignals(np.zeros((2, 1)))


def test_events_are_moved_by_whole_days_with_their_entries_and_exits():
    market = market_of(pure_walk(24 * 60, ASSETS, 8))
    rows = np.array([300, 312, 700, 712])
    targets = np.full((4, 4, 1), np.nan)
    targets[[0, 2], 1, 0], targets[[1, 3], 1, 0] = 0.1, 0.0
    orders = Orders(rows, targets)
    moved = ShiftedOrders(market, orders, 200, 24 * 60 - 1, draws=50)
    assert (moved.shift % 24 == 0).all() and (moved.shift >= 48).all()
    dealt = random_signals(market, Terms(), orders, 200, 24 * 60 - 1, by_event=True, draws=50)
    own = run(market, Terms(), orders, span_of(market, 200, 24 * 60 - 1), "")
    assert own.account.n_fills[0] == 4
    assert (dealt.n_fills >= 3).all() and (dealt.n_fills <= 5).all(), "one may wrap around the end"
    assert np.median((dealt.gross > 0).sum(0)) == (own.account.gross > 0).sum()
    with pytest.raises(ValueError, match="too few to move orders about"):
        ShiftedOrders(market, orders, 200, 500)


def test_beside_every_strategy_stand_rivals_at_its_volatility_the_walk_and_chance(contest):
    _, _, made = contest
    rows = tables_of(made, Terms(), datetime(2024, 1, 1, tzinfo=UTC)).metrics
    for outcome in made.outcomes:
        own = {r["metric"]: r for r in rows.filter(pl.col("strategy") == outcome.name).to_dicts()}
        assert {"chance_p", "sharpe_of_random_signals", "annual_return_on_the_walk", "buy_and_hold_at_its_volatility",
                "equal_weight_at_its_volatility", "bitcoin_at_its_volatility"} <= set(own)  # fmt: skip
    still = {r["metric"]: r for r in rows.filter(pl.col("strategy") == made.outcomes[0].name).to_dicts()}
    assert still["annual_return_on_the_walk"]["why"] == "nothing traded"


def test_more_cost_later_fills_and_more_capital_never_help_a_strategy_that_trades_on_noise(contest):
    _, _, made = contest
    by_axis = {axis: [s for a, _, s in made.curves if a == axis] for axis in ("cost", "capital", "latency")}
    assert [len(v) for v in by_axis.values()] == [6, 5, 6]
    assert (np.diff(by_axis["cost"]) < 0).all()
    assert (np.diff(by_axis["capital"]) < 0).all()


def test_a_strategy_that_knows_the_next_hour_earns_absurdly_and_is_flagged():
    market = market_of(pure_walk(24 * 120, ASSETS, 2))
    seen = forecast_grid(market, 1, 0.3, 0, hindsight_h=1)
    span = span_of(market, int(seen.rows[0]), len(market) - 1)
    weights = Rule("sign", 4).weights(seen, np.zeros(seen.median.shape[:2]))
    outcome = run(market, Terms(), Orders(seen.rows, weights[:, :, None]), span, "knows the next hour")
    assert outcome.gross_figures["sharpe"].value > 20
    assert len(outcome.alarms) == 2
    assert "a look into the future is likelier than skill" in outcome.alarms[0]
    assert "of 10," in outcome.alarms[1] and "taken for a leak" in outcome.alarms[1]


def test_noise_is_not_flagged_and_earns_nothing_before_costs(contest):
    _, _, made = contest
    for o in made.outcomes:
        assert o.alarms == []
        assert o.gross_figures["sharpe"].low < 0 < o.gross_figures["sharpe"].high


def test_a_planted_edge_is_found_net_of_costs():
    market = market_of(pure_walk(24 * 300, ASSETS, 3))
    noisy = forecast_grid(market, 24, 0.1, 5)
    knows = forecast_grid(market, 24, 0.1, 5, hindsight_h=24)
    rng = np.random.default_rng(0)
    right = rng.random(noisy.median.shape[:2]) < 0.3  # of its views, the rest is noise
    mixed = replace(
        noisy, **{f: np.where(right[..., None], getattr(knows, f), getattr(noisy, f)) for f in ("mean", "median")}
    )
    made = hold(market, Terms(), {"tapewire": mixed}, PLAN, None)
    assert made.outcomes[0].figures["sharpe"].low > 0
    assert made.chance[made.outcomes[0].name].p < 0.02
    assert made.luck.deflated[made.outcomes[0].name] > 0.95


def test_cutting_off_the_future_changes_nothing_that_was_decided_before():
    bars = pure_walk(24 * 80, ASSETS, 4)
    n = 24 * 60
    cut = type(bars)(bars.assets, "1h", *(x[:n] for x in (bars.close_ts, bars.open, bars.high, bars.low, bars.close,
                                                          bars.volume)))  # fmt: skip
    whole, part = market_of(bars), market_of(cut)
    seen, before = forecast_grid(whole, 12, 0.1, 1), forecast_grid(part, 12, 0.1, 1)
    k = len(before.rows)
    for rule in PLAN.rules:
        cost = np.full(seen.median.shape[:2], 0.002)
        np.testing.assert_allclose(rule.weights(before, cost[:k]), rule.weights(seen, cost)[:k], atol=1e-12)


def test_sharpe_of_an_outcome_is_that_of_its_daily_returns(contest):
    _, _, made = contest
    assert made.outcomes[0].figures["sharpe"].value == pytest.approx(sharpe_of(made.outcomes[0].daily))
