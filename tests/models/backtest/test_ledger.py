"""The ledger: against a plain loop and another engine, and by hand for gaps, halts, delisting, carry and limits."""

from dataclasses import replace

import numpy as np
import pytest

from features.candles import Bars
from models.backtest.ledger.account import KINDS, Account, Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market, market_of
from models.backtest.ledger.statement import statement
from models.backtest.ledger.terms import Terms, half_spread, impact_factor
from tests.conftest import random_bars

PLAIN = Terms(capital_usd=1000.0, fees=((0.0, 0.0),), least_spread_bps=0.0, spread=0.0, impact=0.0,
              borrow_per_year=0.0, latency_bars=0, least_order_usd=0.0, max_leverage=100.0)  # fmt: skip


def priced(*closes: list[float], volume: float = 1e6) -> Bars:
    """Bars of given closes, one list per asset; NaN is a gap."""
    close = np.array(closes, dtype=float).T
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(len(close)) * np.timedelta64(3600, "s")
    names = tuple("ABCDEFG"[: close.shape[1]])
    return Bars(names, "1h", ts, close, close * 1.001, close * 0.999, close, np.where(np.isnan(close), np.nan, volume))


def traded(bars: Bars, orders: dict[int, list[float]], terms: Terms = PLAIN, **more: object) -> Account:
    """An account of one configuration; `orders`: the weights wanted at a row, NaN for none."""
    rows = np.array(sorted(orders))
    targets = np.array([[[w] for w in orders[row]] for row in rows])
    market = more.pop("market", None) or market_of(bars)
    return simulate(market, terms, Orders(rows, targets), 0, len(bars.close_ts) - 1, detail=True)


def test_a_move_across_a_missing_bar_is_earned_and_lost():
    """100 % long through a gap that halves the price ends at .5; buy-and-hold of it is the same."""
    account = traded(priced([100, 100, np.nan, np.nan, 50, 50]), {0: [1.0]})
    np.testing.assert_allclose(account.equity[:, 0], [1000, 1000, 1000, 1000, 500, 500])


def test_an_order_in_a_halt_waits_for_the_next_bar_and_a_newer_one_replaces_it():
    bars = priced([100, np.nan, np.nan, 200, 400])
    np.testing.assert_allclose(traded(bars, {1: [1.0]}).equity[:, 0], [1000, 1000, 1000, 1000, 2000])
    assert traded(bars, {1: [1.0], 2: [0.0]}).n_fills[0] == 0


def test_a_decision_is_filled_after_the_latency_and_never_at_its_own_bar():
    account = traded(priced([100, 200, 400, 800]), {0: [1.0]}, replace(PLAIN, latency_bars=2))
    np.testing.assert_allclose(account.equity[:, 0], [1000, 1000, 1000, 2000])


def test_a_delisted_long_keeps_what_is_recovered_and_a_short_is_bought_back_at_the_last_price():
    closes = [100.0, 80.0] + [np.nan] * 6
    for weight, recovery in ((1.0, 0.0), (1.0, 0.25), (-1.0, 0.0)):
        bars = priced(closes, [1.0] * 8)
        account = traded(bars, {0: [weight, 0.0]}, replace(PLAIN, recovery=recovery),
                         market=market_of(bars, delisted_after_h=3))  # fmt: skip
        held = 1000 * (1 - 0.2 * weight)
        np.testing.assert_allclose(account.equity[1:4, 0], held)
        np.testing.assert_allclose(account.equity[4:, 0], held if weight < 0 else recovery * 800, atol=1e-9)
        assert account.n_delisted[0] == 1
        free = traded(bars, {0: [weight, 0.0]}, replace(PLAIN, recovery=recovery).free(),
                      market=market_of(bars, delisted_after_h=3))  # fmt: skip
        np.testing.assert_allclose(free.equity[4:, 0], held, err_msg="before costs nothing is lost to it")


@pytest.mark.parametrize("delisted_after_h", [2, 4])
def test_an_asset_that_trades_again_was_halted_however_long_and_is_marked_at_its_price(delisted_after_h):
    closes = [100.0, 80.0] + [np.nan] * 3 + [40.0, 40.0]
    account = traded(priced(closes), {0: [0.5]}, market=market_of(priced(closes), delisted_after_h=delisted_after_h))
    np.testing.assert_allclose(account.equity[:, 0], [1000, 900, 900, 900, 900, 700, 700])
    assert account.n_delisted[0] == 0


def test_an_asset_whose_data_end_shortly_before_all_others_is_not_yet_delisted():
    bars = priced([100.0, 80.0, np.nan, np.nan], [1.0] * 4)
    account = traded(bars, {0: [0.5, 0.0]}, market=market_of(bars, delisted_after_h=3))
    np.testing.assert_allclose(account.equity[:, 0], [1000, 900, 900, 900])


def test_a_redenomination_keeps_the_value_with_and_without_a_gap():
    for closes in ([1.0, 1.0, 1000.0, 2000.0], [1.0, np.nan, 1000.0, 2000.0]):
        account = traded(priced(closes), {0: [1.0]})
        assert account.equity[-1, 0] == pytest.approx(2000.0)
        assert account.equity[2, 0] == pytest.approx(1000.0)


def test_a_change_of_market_keeps_the_value():
    bars = priced([100, 100, 103, 206])
    seams = np.array([[False], [False], [True], [False]])
    assert traded(replace(bars, seams=seams), {0: [1.0]}).equity[-1, 0] == pytest.approx(2000.0)


def test_a_long_perpetual_pays_the_funding_that_its_short_gets():
    bars = priced([100.0] * 5)
    funding = np.array([[0.01], [0.0], [0.002], [0.0], [-0.001]])
    terms = replace(PLAIN, instrument="perpetual", borrow_per_year=9.0)
    for side in (1.0, -1.0):
        account = traded(bars, {0: [side]}, terms, market=market_of(bars, funding))
        # held from the close of bar 0 on: what was settled within that bar is not his
        np.testing.assert_allclose(account.equity[:, 0], 1000 - side * np.array([0, 0, 2, 2, 1]))
        assert account.costs[KINDS.index("carry"), 0] == pytest.approx(side * 1.0)
    spot = traded(bars, {0: [1.0]}, market=market_of(bars, funding))
    np.testing.assert_allclose(spot.equity, 1000.0)


def test_a_short_of_spot_pays_for_what_it_borrows_and_a_long_does_not():
    terms = replace(PLAIN, borrow_per_year=0.0876)  # a basis point per 10 hours
    bars = priced([100.0] * 11)
    assert traded(bars, {0: [-1.0]}, terms).equity[-1, 0] == pytest.approx(1000 - 0.1)
    assert traded(bars, {0: [1.0]}, terms).equity[-1, 0] == 1000


def test_holdings_drift_until_a_rule_asks_and_rebalancing_pays():
    bars = priced([100, 200, 200], [100, 100, 100])
    terms = replace(PLAIN, fees=((0.0, 10.0),))
    drifting = traded(bars, {0: [0.5, 0.5]}, terms)
    assert drifting.n_fills[0] == 2
    value = statement(market_of(bars), terms, drifting).value
    np.testing.assert_allclose(value[1], [1000, 500])
    rebalanced = traded(bars, {0: [0.5, 0.5], 1: [0.5, 0.5]}, terms)
    assert rebalanced.n_fills[0] == 4
    assert rebalanced.costs[0, 0] == pytest.approx(1.0 + 2 * (1499 / 2 - 500) * 1e-3, rel=1e-3)


def test_fees_fall_with_the_volume_of_the_30_days_before_and_not_of_the_same_day():
    bars = priced([100.0] * 24 * 40)
    flips = {row: [1.0 if row % 2 else 0.0] for row in range(24 * 40)}
    terms = replace(PLAIN, fees=((0.0, 10.0), (20_000.0, 0.0)))
    account = traded(bars, flips, terms)
    first_day = account.traded[:24].sum()
    assert account.costs[0, 0] == pytest.approx(first_day * 1e-3), "one day costs, then 24,000 USD are behind it"
    assert 20_000 < first_day < 24_000


def test_spread_and_impact_follow_volatility_volume_and_size():
    bars = random_bars(300, gaps=False)
    market = market_of(bars)
    sigma, volume = market.volatility[200, 0], market.volume_usd[200, 0]
    hours = slice(200 - 167, 201)
    assert volume == pytest.approx(24 * (bars.volume * bars.close)[hours, 0].mean())
    assert sigma**2 == pytest.approx(24 * (np.log(bars.high / bars.low) ** 2)[hours, 0].mean() / (4 * np.log(2)))
    half = sigma / 0.02 * 2.08e-4 * (sigma * volume / 800_000) ** (-1 / 3)
    assert half_spread(market, Terms())[200, 0] == pytest.approx(half)
    one_percent = impact_factor(market, Terms())[200, 0] * np.sqrt(0.01 * volume)
    assert one_percent == pytest.approx(sigma / 0.02 * 12.08e-4), "an order of 1 % of the day's volume"


def test_an_asset_without_ranges_or_volumes_is_traded_at_the_least_spread_without_impact():
    bars = random_bars(300, gaps=False)
    flat, unmeasured = bars.close.copy(), bars.volume.copy()
    unmeasured[:, 1] = np.nan
    market = market_of(replace(bars, high=flat, low=flat, volume=unmeasured))
    assert market.measured.tolist() == [True, False, True]
    moves = np.diff(np.log(bars.close[:, 0]))[200 - 168 : 200]
    assert market.volatility[200, 0] == pytest.approx(np.sqrt(24 * (moves**2).mean())), "by moves where ranges are none"
    assert half_spread(market, Terms())[200, 1] == pytest.approx(0.5e-4)
    assert impact_factor(market, Terms())[200, 1] == 0
    assert half_spread(market, Terms())[200, 0] > 0.5e-4 and impact_factor(market, Terms())[200, 0] > 0


def test_the_volume_of_a_new_listing_is_that_of_its_own_hours():
    bars = random_bars(300, gaps=False)
    for grid in (bars.open, bars.high, bars.low, bars.close, bars.volume):
        grid[:200, 0] = np.nan
    market = market_of(bars)
    assert np.isnan(market.volume_usd[222, 0]), "a day of hours is needed"
    assert market.volume_usd[223, 0] == pytest.approx(24 * (bars.volume * bars.close)[200:224, 0].mean())


def test_liquidity_is_known_from_the_past_alone():
    bars = random_bars(400)
    cut = Bars(bars.assets, "1h", *(x[:300] for x in (bars.close_ts, bars.open, bars.high, bars.low, bars.close,
                                                      bars.volume)))  # fmt: skip
    whole, part = market_of(bars), market_of(cut)
    for name in ("price", "unit", "traded", "volatility", "volume_usd"):
        np.testing.assert_array_equal(getattr(whole, name)[:300], getattr(part, name))


def test_gross_exposure_is_cut_to_the_leverage_allowed():
    bars = priced([100.0] * 3, [100.0] * 3)
    account = traded(bars, {0: [2.0, -2.0]}, replace(PLAIN, max_leverage=1.0))
    assert account.gross[0, 0] == pytest.approx(1000)
    assert account.net[0, 0] == pytest.approx(0)
    both = traded(bars, {0: [0.8, np.nan], 1: [np.nan, 0.8]}, replace(PLAIN, max_leverage=1.0))
    assert both.gross[1, 0] == pytest.approx(1000), "the second gets what room the first leaves"


def test_small_orders_are_not_placed_but_a_position_can_always_be_closed():
    bars = priced([100.0, 101.0, 102.0, 103.0])
    terms = replace(PLAIN, least_order_usd=600.0, least_change=0.1)
    assert traded(bars, {0: [0.5]}, terms).n_fills[0] == 0
    assert traded(bars, {0: [0.7], 1: [0.72]}, terms).n_fills[0] == 1
    small = traded(bars, {0: [0.7], 1: [0.05], 2: [0.0]}, terms)
    assert small.n_fills[0] == 3 and small.gross[-1, 0] == 0
    lots = traded(bars, {0: [0.55]}, replace(PLAIN, lots=(2.0,)))
    assert lots.gross[0, 0] == pytest.approx(400.0), "whole lots of two coins"


def test_a_total_loss_ends_the_account():
    bars = priced([100.0, 160.0, 210.0, 20.0, 10.0])
    account = traded(bars, {0: [-1.0], 3: [1.0]})
    np.testing.assert_allclose(account.equity[:, 0], [1000, 400, 0, 0, 0])
    assert account.gross[-1, 0] == 0


def test_what_is_wrong_is_refused_with_its_value():
    bars = priced([100.0] * 3)
    with pytest.raises(ValueError, match="rise in time"):
        simulate(market_of(bars), PLAIN, Orders(np.array([1, 1]), np.zeros((2, 1, 1))), 0, 2)
    with pytest.raises(ValueError, match="rows 0 to 9 are not within the 3 bars"):
        simulate(market_of(bars), PLAIN, Orders(np.array([1]), np.zeros((1, 1, 1))), 0, 9)
    with pytest.raises(ValueError, match="fee tiers begin at a volume of 0"):
        Terms(fees=((10.0, 1.0),))
    with pytest.raises(ValueError, match="shape of the bars"):
        market_of(bars, np.zeros((2, 2)))


def by_hand(market: Market, terms: Terms, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Equity of one configuration, bar by bar and asset by asset, in plain Python."""
    assets, half, k = len(market.assets), half_spread(market, terms), impact_factor(market, terms)
    cash, units, waiting, out = terms.capital_usd, [0.0] * assets, [None] * assets, []
    due = {int(r) + terms.latency_bars: w for r, w in zip(rows, targets, strict=True)}
    for t in range(len(market)):
        price = market.unit[t]
        if t:
            for a in range(assets):
                if terms.instrument == "perpetual":
                    cash -= units[a] * price[a] * market.funding[t, a]
                elif units[a] < 0:
                    cash -= -units[a] * price[a] * terms.borrow_per_year / 8760
        for a in range(assets):
            if market.ended[t, a]:
                value = units[a] * price[a]
                cash, units[a], waiting[a] = cash + (terms.recovery * value if value > 0 else value), 0.0, None
        for a, w in enumerate(due.get(t, [])):
            if not np.isnan(w):
                waiting[a] = w
        can = [a for a in range(assets) if waiting[a] is not None and market.traded[t, a] and np.isfinite(half[t, a])]
        equity = cash + sum(u * p for u, p in zip(units, price, strict=True))
        others = sum(abs(units[a]) * price[a] for a in range(assets) if a not in can)
        wanted = {a: waiting[a] * equity for a in can}
        gross = sum(abs(w) for w in wanted.values())
        room = max(terms.max_leverage * equity - others, 0.0)
        for a in can:
            usd = wanted[a] * min(1.0, room / gross if gross else 1.0) - units[a] * price[a]
            waiting[a] = None
            if wanted[a] != 0 and abs(usd) < max(terms.least_order_usd, terms.least_change * equity):
                continue
            fee = terms.fees[0][1] / 1e4
            cash -= usd + abs(usd) * (fee + half[t, a] + k[t, a] * abs(usd) ** 0.5) * terms.cost_scale
            units[a] += usd / price[a]
        out.append(cash + sum(u * p for u, p in zip(units, price, strict=True)))
    return np.array(out)


@pytest.mark.parametrize("seed", range(6))
def test_equity_is_that_of_a_plain_loop_in_every_configuration(seed):
    rng = np.random.default_rng(seed)
    bars = random_bars(400, seed=seed)
    bars.close[rng.integers(200, 300) :, 2] = np.nan
    funding = np.where(np.arange(400)[:, None] % 8 == 0, rng.normal(0, 1e-4, (400, 3)), 0.0)
    market = market_of(bars, funding, delisted_after_h=48)
    rows = np.unique(rng.integers(0, 399, 60))
    targets = rng.uniform(-1, 1, (len(rows), 3, 4))
    targets[rng.random(targets.shape) < 0.3] = np.nan
    targets[rng.random(targets.shape) < 0.1] = 0.0
    terms = Terms(
        instrument=("spot", "perpetual")[seed % 2], latency_bars=seed % 3, least_change=0.05 * (seed % 2),
        recovery=0.3, max_leverage=1.5, borrow_per_year=0.2,
    )  # fmt: skip
    account = simulate(market, terms, Orders(rows, targets), 0, 399, detail=True)
    for c in range(4):
        np.testing.assert_allclose(account.equity[:, c], by_hand(market, terms, rows, targets[..., c]), rtol=1e-11)
        told = statement(market, terms, account, c)
        np.testing.assert_allclose(told.net.sum(1), np.diff(account.equity[:, c], prepend=1e5), atol=1e-6)
        for kind in ("fee", "spread", "impact", "carry", "delisted"):
            total = account.costs[KINDS.index(kind), c]
            assert getattr(told, kind).sum() == pytest.approx(total, abs=1e-6), kind
        assert told.daily()["net_usd"].sum() == pytest.approx(account.equity[-1, c] - 1e5)
        assert len(told.fills) == account.n_fills[c]
        assert np.abs(told.fills["usd"]).sum() == pytest.approx(account.traded[:, c].sum())


def test_configurations_do_not_see_each_other_and_differ_by_capital_and_costs_alone():
    bars = random_bars(300)
    market, rows = market_of(bars), np.arange(30, 290, 10)
    targets = np.random.default_rng(3).uniform(-0.5, 0.5, (len(rows), 3, 1)).repeat(3, axis=2)
    capital, scale = np.array([1e4, 1e4, 1e8]), np.array([1.0, 0.0, 1.0])
    together = simulate(market, Terms(), Orders(rows, targets), 0, 299, capital_usd=capital, cost_scale=scale)
    for c in range(3):
        terms = Terms(capital_usd=capital[c], cost_scale=scale[c])
        alone = simulate(market, terms, Orders(rows, targets[..., :1]), 0, 299)
        np.testing.assert_allclose(together.equity[:, c], alone.equity[:, 0], rtol=1e-12)
    end = together.equity[-1] / capital
    assert end[1] > end[0] > end[2], "costs take, and impact takes more from the large"
