"""Channels of the context, against values worked out from their definition."""

import numpy as np
import polars as pl
import pytest

from features.context import CONTEXT, TYPICAL_SPANS_H, build_context
from features.volatility import garman_klass, volatility_scale
from tests.conftest import random_bars

NOTHING = pl.DataFrame()
ROW = 2500


@pytest.fixture(scope="module")
def market():
    bars = random_bars(2600, gaps=False)
    level = volatility_scale(bars)
    return bars, level, build_context(bars, level, NOTHING, NOTHING, NOTHING)


@pytest.mark.parametrize("span", TYPICAL_SPANS_H)
def test_a_typical_range_is_the_geometric_mean_of_the_bars_without_their_hourly_pattern(market, span):
    bars, level, channels = market
    rows = slice(ROW - span + 1, ROW + 1)
    calm = garman_klass(bars)[rows] / level.factor()[rows, None] ** 2
    expected = [np.log(x[x > 0]).mean() / 2 for x in calm.T] - np.log(np.sqrt(level.variance[ROW]))
    np.testing.assert_allclose(channels[ROW, :, CONTEXT.index(f"log_typical_gk_{span}h")], expected, rtol=1e-9)


def test_typical_volume_lies_below_the_months_mean_by_what_bursts_add_to_it(market):
    bars, _, channels = market
    dollars = (bars.volume * bars.close)[ROW - 719 : ROW + 1]
    expected = np.log(dollars).mean(0) - np.log(dollars.mean(0))
    found = channels[ROW, :, CONTEXT.index("log_typical_volume_720h")]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (found < 0).all()
