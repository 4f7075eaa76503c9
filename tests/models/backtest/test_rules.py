"""Rules that make weights of forecasts: by hand, and what each may and may not do."""

import numpy as np
import pytest

from models.backtest.ledger.market import market_of
from models.backtest.strategies.rules import Rule, all_rules
from models.backtest.strategies.views import Views, mean_of, views_from_table, views_of
from models.quantiles.quantiles import HORIZONS_H, LEVELS, long_table
from tests.conftest import random_bars
from tests.kits.backtests import NORMAL

AT = HORIZONS_H.index(24)
NO_COST = np.zeros((1, 2))


def views(median: list[list[float]], sigma: float = 0.04, correlation: float = 0.0) -> Views:
    """Views of D decisions × A assets, the same at every horizon."""
    middle = np.repeat(np.array(median, dtype=float)[:, :, None], len(HORIZONS_H), axis=2)
    n = middle.shape[1]
    matrix = np.full((n, n), correlation) + (1 - correlation) * np.eye(n)
    spread = np.where(np.isnan(middle), np.nan, sigma)
    return Views(np.arange(len(median)), middle, middle, spread, np.repeat(matrix[None], len(median), axis=0))


def test_signs_are_equal_shares_in_the_direction_of_the_median():
    weights = Rule("sign").weights(views([[0.01, -0.001], [0.0, 0.5]]), np.zeros((2, 2)))
    np.testing.assert_allclose(weights, [[0.5, -0.5], [0.0, 0.5]])


def test_full_conviction_has_the_target_volatility_by_the_covariance_known_then():
    for correlation in (0.0, 0.9):
        seen = views([[1.0, 1.0]], correlation=correlation)
        w = Rule("volatility", target_vol=0.2, max_weight=9.0).weights(seen, NO_COST)[0]
        cov = seen.correlation[0] * 0.04**2 * 8760 / 24
        assert np.sqrt(w @ cov @ w) == pytest.approx(0.2)


def test_conviction_is_the_median_in_sigmas_and_twice_the_volatility_halves_the_position():
    quarter = Rule("volatility", max_weight=9.0).weights(views([[0.0025, 0.0025]]), NO_COST)
    whole = Rule("volatility", max_weight=9.0).weights(views([[0.01, 0.01]]), NO_COST)
    np.testing.assert_allclose(quarter, whole / 4)
    wider = Rule("volatility", max_weight=9.0).weights(views([[0.02, 0.02]], sigma=0.08), NO_COST)
    np.testing.assert_allclose(wider, whole / 2)


def test_an_edge_is_taken_up_above_its_cost_and_held_until_the_mean_changes_its_sign():
    seen = views([[0.001], [0.01], [0.001], [-0.001], [-0.01]])
    held = np.sign(Rule("edge").weights(seen, np.full((5, 1), 0.005)))[:, 0]
    assert held.tolist() == [0, 1, 1, 0, -1]
    longs = np.sign(Rule("edge", side="long").weights(seen, np.full((5, 1), 0.005)))[:, 0]
    assert longs.tolist() == [0, 1, 1, 0, 0]
    twice = np.sign(Rule("edge", strength=3.0).weights(seen, np.full((5, 1), 0.005)))[:, 0]
    assert twice.tolist() == [0] * 5
    unknown = Rule("edge").weights(seen, np.full((5, 1), np.nan))
    assert (unknown == 0).all(), "an edge over a cost that is not known is none"


def test_kelly_is_the_growth_optimal_share():
    seen = views([[0.001, 0.001]], sigma=0.04)
    w = Rule("kelly", strength=0.5, max_weight=9.0).weights(seen, NO_COST)[0]
    np.testing.assert_allclose(w, 0.5 * (0.001 + 0.04**2 / 2) / 0.04**2)
    related = Rule("kelly", strength=0.5, max_weight=9.0).weights(
        views([[0.001, 0.001]], correlation=1 - 1e-9), NO_COST
    )
    assert related.sum() == pytest.approx(w[0], rel=1e-6), "two assets that are one share one position"


@pytest.mark.parametrize("rule", all_rules(0.2, 0.25), ids=lambda r: r.name)
def test_every_rule_is_finite_within_its_limits_and_holds_nothing_without_a_forecast(rule):
    rng = np.random.default_rng(1)
    median = rng.normal(0, 0.02, (40, 3))
    median[rng.random(median.shape) < 0.2] = np.nan
    seen = views(median.tolist())
    weights = rule.weights(seen, np.full((40, 3), 0.003))
    assert np.isfinite(weights).all()
    assert (weights[np.isnan(median)] == 0).all()
    assert np.abs(weights).max() <= (1.0 if rule.kind == "sign" else 0.25)
    if rule.side == "long":
        assert (weights >= 0).all()
    shifted = views(np.vstack([median, rng.normal(0, 0.1, (5, 3))]).tolist())
    later = rule.weights(shifted, np.full((45, 3), 0.003))
    np.testing.assert_allclose(later[:40], weights), "what comes later changes nothing"


def test_every_configuration_has_a_name_of_its_own():
    names = [r.name for r in all_rules(0.2, 0.25)]
    assert len(set(names)) == len(names) == 36


def test_the_mean_of_a_normal_and_of_a_skewed_distribution_is_found():
    assert mean_of(0.01 + 0.05 * NORMAL) == pytest.approx(0.01, abs=1e-9)
    skewed = np.exp(0.5 * NORMAL)
    assert mean_of(skewed) == pytest.approx(np.exp(0.125), rel=0.01)


def test_views_of_a_table_are_those_of_its_arrays_and_another_shape_is_refused():
    market = market_of(random_bars(900))
    pairs = np.array([(a, r) for r in (750, 762, 800) for a in range(3)])
    values = 0.01 * np.arange(9)[:, None, None] + 0.05 * np.tile(NORMAL, (9, len(HORIZONS_H), 1))
    table = long_table(model_id="m", model_name="m", assets=[market.assets[a] for a in pairs[:, 0]],
                       origins=market.close_ts[pairs[:, 1]], closes=np.ones(9), values=values,
                       purpose="evaluation")  # fmt: skip
    made, direct = (
        views_from_table(market, table.sample(fraction=1.0, shuffle=True, seed=1)),
        views_of(market, pairs, values),
    )
    for name in ("rows", "mean", "median", "sigma", "correlation"):
        np.testing.assert_allclose(getattr(made, name), getattr(direct, name))
    with pytest.raises(ValueError, match=f"the {len(LEVELS)} levels"):
        views_from_table(market, table.slice(1))
    with pytest.raises(ValueError, match="is the close of a bar"):
        views_from_table(market, table.with_columns(table["origin_ts"].dt.offset_by("7m")))


def test_correlations_are_of_the_hours_before_the_decision():
    bars = random_bars(1000, gaps=False)
    market = market_of(bars)
    made = views_of(market, np.array([[0, 900]]), np.zeros((1, len(HORIZONS_H), len(LEVELS))) + NORMAL)
    moves = np.diff(np.log(bars.close), axis=0)[180:900]
    whole = (moves / np.sqrt((moves**2).sum(0))).T @ (moves / np.sqrt((moves**2).sum(0)))
    np.testing.assert_allclose(made.correlation[0], 0.9 * whole + 0.1 * np.eye(3), atol=1e-12)
