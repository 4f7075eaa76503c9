"""Volatility estimators against formulas, other libraries and simulation."""

import numpy as np
import pandas as pd
import pytest

from features.candles import Bars, log_returns
from features.volatility import (
    ewma,
    garman_klass,
    hour_of_week_patterns,
    parkinson,
    realised_volatility,
    volatility_scale,
)
from tests.conftest import random_bars


def _brownian_bars(n: int = 4000, steps: int = 400, sigma: float = 0.01) -> Bars:
    rng = np.random.default_rng(3)
    path = np.cumsum(rng.standard_normal((n, steps)) * sigma / np.sqrt(steps), axis=1)
    start = np.concatenate([[0], np.cumsum(path[:-1, -1])])
    inside = np.exp(start[:, None] + path)
    first = np.exp(start)
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(n) * np.timedelta64(3600, "s")
    high, low = np.maximum(inside.max(1), first), np.minimum(inside.min(1), first)
    grids = (g[:, None] for g in (first, high, low, inside[:, -1], np.ones(n)))
    return Bars(("X",), "1h", ts, *grids)


@pytest.mark.parametrize(("estimator", "bias"), [(parkinson, 0.10), (garman_klass, 0.12)])
def test_range_estimators_recover_the_variance_of_a_brownian_motion(estimator, bias):
    found = float(np.mean(estimator(_brownian_bars()))) / 0.01**2
    assert 1 - bias < found < 1.03, "a little low, since the range is seen at 400 points only"


def test_garman_klass_varies_less_than_the_squared_return():
    bars = _brownian_bars()
    squared = np.log(bars.close / bars.open) ** 2
    assert np.var(garman_klass(bars)) < np.var(squared) / 5


def test_the_ewma_agrees_with_pandas_on_data_with_gaps():
    x = log_returns(random_bars(500)) ** 2
    theirs = pd.DataFrame(x).ewm(halflife=36, adjust=True, ignore_na=True).mean().ffill().to_numpy()
    np.testing.assert_allclose(ewma(x, 36), theirs, rtol=1e-10, equal_nan=True)


def test_realised_volatility_is_the_root_mean_square_of_the_span():
    x = np.array([[0.01], [0.02], [np.nan], [0.04]])
    assert realised_volatility(x, 3, 1)[3, 0] == pytest.approx(np.sqrt((0.02**2 + 0.04**2) / 2))


def test_a_planted_hour_of_week_pattern_is_recovered():
    rng = np.random.default_rng(5)
    n = 168 * 80
    hour = np.arange(n)
    true = (1 + 0.5 * np.cos(2 * np.pi * (hour % 24) / 24)) * np.where(hour // 24 % 7 >= 5, 0.7, 1.0)
    true /= np.sqrt(np.mean(true[:168] ** 2))
    returns = rng.standard_normal((n, 12)) * 0.01 * true[:, None]
    patterns = hour_of_week_patterns(returns, hour // 168, hour % 168)
    assert patterns[0].tolist() == [1.0] * 168, "nothing is known in the first week"
    found = np.sqrt(patterns[-1])
    assert np.corrcoef(found, true[:168])[0, 1] > 0.97
    assert np.abs(found - true[:168]).max() < 0.2


def test_the_horizon_variance_sums_the_pattern_of_the_hours_to_come():
    level = volatility_scale(random_bars(168 * 6, gaps=False))
    row, h = 700, 24
    slots = (level.slot[row] + 1 + np.arange(h)) % 168
    expected = level.variance[row] * level.patterns[level.week[row]][slots].sum()
    np.testing.assert_allclose(level.horizon_variance(h)[row], expected)


def test_standardised_returns_have_unit_variance_under_the_reference_walk():
    bars = random_bars(6000, gaps=False)
    z = log_returns(bars)[1:] / np.sqrt(volatility_scale(bars).horizon_variance(1))[:-1]
    assert np.nanstd(z[500:]) == pytest.approx(1.0, abs=0.06)
