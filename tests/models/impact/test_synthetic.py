"""The synthetic control of a single case: its weights, its size where nothing happened, and what it finds."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from features.candles import Bars
from models.impact.measure.synthetic import SPAN_H, beside_synthetic, weights_of
from tests.conftest import random_bars

ROWS, STEPS = 1200, 24


def _bars(seed: int, n: int = 20) -> Bars:
    """A market of n assets with one factor and heavy tails."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(4, (ROWS, 1)) * 0.005 * rng.uniform(0.6, 1.4, n) + rng.standard_t(4, (ROWS, n)) * 0.004
    close = 100 * np.exp(np.cumsum(returns, axis=0))
    blank = replace(random_bars(ROWS, gaps=False), assets=tuple(f"A{i}" for i in range(n)))
    return replace(blank, open=close, high=close, low=close, close=close, volume=np.ones_like(close))


def test_the_weights_are_those_of_a_general_optimiser():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 6)) * 0.01
    y = x @ np.array([0.5, 0.3, 0.2, 0, 0, 0]) + 0.002 * rng.standard_normal(400)
    expected = optimize.minimize(
        lambda w: ((y - x @ w) ** 2).sum() * 1e4, np.full(6, 1 / 6), method="SLSQP", bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-14},
    )  # fmt: skip
    found = weights_of(y, x)
    np.testing.assert_allclose(found, expected.x, atol=1e-4)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


def test_a_fall_of_the_whole_market_is_no_gap_and_a_move_of_the_asset_alone_is():
    bars = _bars(2)
    row = 1000
    both = bars.close.copy()
    both[row + 3 :] *= 0.8
    market = beside_synthetic(replace(bars, close=both), 0, row, STEPS)
    alone = bars.close.copy()
    alone[row + 3 : row + 12, 0] *= 1.3
    own = beside_synthetic(replace(bars, close=alone), 0, row, STEPS)
    quiet = beside_synthetic(bars, 0, row, STEPS)
    assert market is not None and own is not None and quiet is not None
    assert abs(market.peak_gap) < 0.1
    assert own.peak_gap == pytest.approx(np.log(1.3), abs=0.06)
    assert abs(own.end_gap) < 0.1
    assert own.p_value == pytest.approx(1 / 20)
    assert own.n_donors == 19


def test_where_nothing_happened_any_rank_is_as_likely():
    p = np.array([
        found.p_value for seed in range(12) for row in (800, 950, 1100) for asset in (0, 7)
        if (found := beside_synthetic(_bars(10 + seed), asset, row, STEPS))
    ])  # fmt: skip
    assert len(p) == 72
    assert 0.35 < p.mean() < 0.65
    assert (p <= 0.1).mean() < 0.2


def test_it_looks_no_further_than_the_window_and_says_nothing_without_a_month_or_donors():
    bars, row = _bars(3), 900
    later = bars.close.copy()
    later[row + STEPS + 1 :] *= 2
    assert beside_synthetic(replace(bars, close=later), 4, row, STEPS) == beside_synthetic(bars, 4, row, STEPS)
    assert beside_synthetic(bars, 0, round(SPAN_H) - 1, STEPS) is None
    assert beside_synthetic(bars, 0, ROWS - STEPS, STEPS) is None
    assert beside_synthetic(_bars(4, 5), 0, row, STEPS) is None
    holes = bars.close.copy()
    holes[800:900, 0] = np.nan
    assert beside_synthetic(replace(bars, close=holes), 0, row, STEPS) is None
