"""Medians from past returns: planted reversal is found, chance gives next to nothing, the future is not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from domain.errors import NotEnoughDataError
from features.candles import Bars
from features.context import CONTEXT
from models.forecast.baselines.base import fit_base
from models.forecast.baselines.medians import fit_medians, pinball_around
from models.forecast.baselines.scaled import reference_walk
from models.forecast.roster import forecaster
from models.quantiles.quantiles import HORIZONS_H, LEVELS, MEDIAN
from tests.conftest import random_bars
from tests.kits.networks import ground, pairs_of
from tests.models.forecast.test_baselines import cut, with_another_future

TRAIN_END = 3000


def reversing_bars(n: int, share: float, seed: int = 1) -> Bars:
    """Bars whose next return undoes `share` of the last one on average."""
    plain = random_bars(n, seed=seed)
    moves = 0.01 * np.random.default_rng(seed).standard_normal((n, 3))
    for t in range(1, n):
        moves[t] -= share * moves[t - 1]
    close = 100 * np.exp(np.cumsum(moves, axis=0))
    at_open = np.vstack([close[:1], close[:-1]])
    high, low = np.maximum(at_open, close) * 1.002, np.minimum(at_open, close) * 0.998
    return Bars(plain.assets, "1h", plain.close_ts, at_open, high, low, close, np.nan_to_num(plain.volume, nan=1.0))


@given(st.floats(-8, 8), st.integers(0, 1000))
def test_the_loss_around_a_median_is_the_mean_pinball_loss_over_the_levels(outcome, seed):
    shape = np.sort(np.random.default_rng(seed).standard_normal(len(LEVELS)))
    levels = np.array(LEVELS)
    expected = np.mean(np.where(outcome > shape, levels * (outcome - shape), (levels - 1) * (outcome - shape)))
    np.testing.assert_allclose(pinball_around(shape, np.array([outcome]))[0], expected, rtol=1e-9, atol=1e-12)


def test_a_planted_reversal_is_found_at_one_hour_and_lowers_the_loss():
    g = ground(reversing_bars(4000, 0.2))
    base = fit_base(g, TRAIN_END)
    at = [name for name in CONTEXT if "return_" in name].index("return_1h")
    assert base.medians.weights[0, at] < -0.05
    pairs = np.concatenate([pairs_of(np.arange(3100, 3900), a) for a in range(3)])
    walk, mine = (forecaster(name, None).fit(g, TRAIN_END).forecast(pairs) for name in ("har", "har_median"))
    y = g.y[pairs[:, 1], pairs[:, 0], 0]
    assert np.abs(y - mine[:, 0, MEDIAN]).mean() < 0.99 * np.abs(y - walk[:, 0, MEDIAN]).mean()


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_on_returns_that_nothing_tells_medians_of_three_months_cost_less_than_a_percent(seed):
    g = ground(random_bars(4000, seed=seed))
    walk = reference_walk(g, TRAIN_END)
    median = fit_medians(g.panel, g.y, walk, 720, TRAIN_END).median(g.panel, g.sigma)[TRAIN_END:]
    y = g.y[TRAIN_END:]
    assert np.nanmean(np.abs(y - median), axis=(0, 1)).max() > 0
    assert (np.nanmean(np.abs(y - median), axis=(0, 1)) < 1.01 * np.nanmean(np.abs(y), axis=(0, 1))).all()


def test_the_weights_are_those_of_a_general_minimiser():
    from scipy.optimize import minimize

    rng = np.random.default_rng(2)
    x, z = rng.standard_normal((400, 2)), rng.standard_normal(400)
    z -= 0.5 * x[:, 0]
    shape = norm.ppf(LEVELS)
    from models.forecast.baselines.medians import RIDGE, _ridge

    mine = _ridge(x, z, np.zeros(400, dtype=np.int64), shape[None], RIDGE)

    def loss(w: np.ndarray) -> float:
        error = (z - x @ w)[:, None] - shape
        levels = np.array(LEVELS)
        return float(np.maximum(levels * error, (levels - 1) * error).mean() + RIDGE * (w @ w))

    np.testing.assert_allclose(mine, minimize(loss, np.zeros(2), method="Nelder-Mead").x, atol=2e-3)


@pytest.mark.parametrize("row", [3050, 3200])
def test_the_base_at_a_row_is_the_same_when_the_future_is_cut_off_or_another_one(row):
    bars = random_bars(3400)
    pairs = np.array([[asset, row] for asset in range(3)])
    whole, cut_off, other = (
        forecaster("har_median", None).fit(ground(b), TRAIN_END).forecast(pairs)
        for b in (bars, cut(bars, row + 1), with_another_future(bars, row))
    )
    np.testing.assert_allclose(cut_off, whole, rtol=1e-9)
    np.testing.assert_allclose(other, whole, rtol=1e-9)
    assert np.abs(whole[:, :, MEDIAN]).max() > 0


def test_too_few_origins_are_refused_with_their_number():
    g = ground(random_bars(790))
    with pytest.raises(NotEnoughDataError, match=r"\d+ origins are too few to fit the median at 1 h"):
        fit_medians(g.panel, g.y, reference_walk(g, 750), 720, 750)


def test_medians_are_known_at_every_horizon_and_zero_where_no_past_return_is():
    g = ground(random_bars(3400))
    medians = fit_medians(g.panel, g.y, reference_walk(g, TRAIN_END), 720, TRAIN_END).median(g.panel, g.sigma)
    assert medians.shape == (3400, 3, len(HORIZONS_H))
    assert (np.isfinite(medians) | ~np.isfinite(g.sigma)).all()
