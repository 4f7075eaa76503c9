"""Rules on releases: by hand when they trade and which way, and what was planted is earned less the costs."""

import numpy as np
import pytest

from features.candles import Bars
from models.backtest.backtest import run, span_of
from models.backtest.ledger.market import Market, market_of
from models.backtest.ledger.terms import Terms
from models.backtest.strategies.release_rules import NEVER, ReleaseRule, Releases, all_release_rules
from tests.kits.backtests import planted_profit, planted_releases


def hand_market(close: list[float]) -> Market:
    prices = np.array(close, dtype=float)[:, None]
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(len(close)) * np.timedelta64(3600, "s")
    return market_of(Bars(("A",), "1h", ts, prices, prices, prices, prices, np.full_like(prices, 1e6)))


def one(
    row: int, flag: int = NEVER, *, is_open: bool = True, expected: float = np.nan, width: float = 0.02
) -> Releases:
    return Releases(np.array([0]), np.array([row]), np.array([flag]), np.array([is_open]), (4.0, 24.0),
                    np.array([[expected, expected]]), np.array([[width, width]]))  # fmt: skip


def wanted(rule: ReleaseRule, market: Market, releases: Releases, cost: float = 0.001) -> list[tuple[int, float]]:
    orders = rule.orders(market, releases, np.full((len(market), 1), cost))
    return [(int(r), round(float(w[0, 0]), 6)) for r, w in zip(orders.rows, np.asarray(orders.targets), strict=True)]


RISES = hand_market([100, 100, 100, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115])


def test_follow_takes_the_direction_of_the_first_move_and_leaves_after_its_time():
    assert wanted(ReleaseRule("follow", 4), RISES, one(2)) == [(3, 0.05), (7, 0.0)]
    assert wanted(ReleaseRule("follow", 4), RISES, one(2, is_open=False)) == [], (
        "what was known to be generated is left"
    )
    assert wanted(ReleaseRule("follow", 4), RISES, one(1)) == [], "no move yet, no direction"


def test_fade_waits_for_the_flag_and_goes_against_the_move_so_far():
    assert wanted(ReleaseRule("fade", 4), RISES, one(3, flag=5)) == [(5, -0.05), (9, 0.0)]
    assert wanted(ReleaseRule("fade", 4), RISES, one(3)) == [], "never flagged, never faded"
    assert wanted(ReleaseRule("fade", 4), RISES, one(3, flag=2)) == [], "flagged before it came"


def test_the_band_is_traded_only_where_its_median_beats_the_cost():
    assert wanted(ReleaseRule("band", 4), RISES, one(2, expected=-0.004), cost=0.003) == [(2, -0.05), (6, 0.0)]
    assert wanted(ReleaseRule("band", 4, strength=2.0), RISES, one(2, expected=-0.004), cost=0.003) == []
    assert wanted(ReleaseRule("band", 4), RISES, one(2)) == [], "nothing was expected"
    assert wanted(ReleaseRule("alert", 4), RISES, one(2, expected=0.003), cost=9.0) == [(2, 0.05), (6, 0.0)]
    assert wanted(ReleaseRule("alert", 4), RISES, one(2, expected=0.001)) == []


def test_a_newer_release_of_the_asset_takes_the_place_of_the_older():
    two = Releases(np.array([0, 0]), np.array([2, 4]), np.full(2, NEVER), np.ones(2, dtype=bool), (4.0,),
                   np.full((2, 1), 0.05), np.full((2, 1), 0.02))  # fmt: skip
    assert wanted(ReleaseRule("band", 4), RISES, two) == [(2, 0.05), (4, 0.05), (8, 0.0)]


def test_a_release_after_the_last_close_is_not_traded_by_any_rule():
    late = len(RISES)
    for rule in all_release_rules(0.05):
        assert wanted(rule, RISES, one(late, flag=late, expected=0.5)) == []
    assert wanted(ReleaseRule("follow", 4), RISES, one(late - 1)) == [], "its first bar has not been yet"


def test_two_releases_in_one_bar_that_disagree_are_not_traded():
    two = Releases(np.array([0, 0]), np.array([2, 2]), np.full(2, NEVER), np.ones(2, dtype=bool), (4.0,),
                   np.array([[0.05], [-0.05]]), np.full((2, 1), 0.02))  # fmt: skip
    assert wanted(ReleaseRule("band", 4), RISES, two) == []


def test_every_setting_has_a_name_of_its_own():
    names = [r.name for r in all_release_rules(0.05)]
    assert len(set(names)) == len(names) == 18


@pytest.mark.slow
def test_on_simulated_markets_release_rules_earn_what_was_planted_less_costs():
    """Ten markets: gross what the planted returns earn on the same orders, in their order, net less by the costs."""
    gross, net, truth = [], [], []
    for seed in range(10):
        market, releases, effects = planted_releases(seed)
        cost, span = np.full(market.price.shape, 0.004), span_of(market, 200, len(market) - 1)
        orders = [
            ReleaseRule(kind, 12, weight=0.02).orders(market, releases, cost) for kind in ("fade", "follow", "band")
        ]
        made = [run(market, Terms(max_leverage=9.0), o, span, "") for o in orders]
        gross.append([np.log1p(o.daily_gross).sum() for o in made])
        net.append([np.log1p(o.daily).sum() for o in made])
        truth.append([planted_profit(o, effects) for o in orders])
    gross_, net_, truth_ = (np.array(x) for x in (gross, net, truth))
    error = (gross_ - truth_).mean(0) / ((gross_ - truth_).std(0, ddof=1) / np.sqrt(len(gross_)))
    assert (np.abs(error) < 3).all(), f"gross differs from what was planted by {error} standard errors"
    assert (np.sign(gross_.mean(0)) == np.sign(truth_.mean(0))).all()
    assert np.argsort(gross_.mean(0)).tolist() == np.argsort(truth_.mean(0)).tolist() == [1, 0, 2]
    assert (net_ < gross_).all(), "costs take from every one"
