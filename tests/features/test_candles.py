"""Bars on a grid: gaps stay gaps, one market per asset."""

import numpy as np
import polars as pl
import pytest

from domain.errors import NotEnoughDataError
from features.candles import build_bars, log_returns, market_index, rolling_mean
from tests.conftest import candle_rows, random_bars


def test_a_gap_stays_a_gap_and_no_return_is_made_across_it():
    bars = build_bars(candle_rows(10).filter(pl.int_range(pl.len()) != 4))
    assert bars.close.shape == (10, 1)
    assert np.isnan(bars.close[4, 0])
    returns = log_returns(bars)[:, 0]
    assert np.flatnonzero(np.isnan(returns)).tolist() == [0, 4, 5]


def test_a_bar_is_known_at_its_close_and_not_before():
    bars = build_bars(candle_rows(3))
    assert bars.close_ts[0] == np.datetime64("2024-01-01T01:00:00")
    moments = np.array(["2024-01-01T00:59:59", "2024-01-01T01:00:00", "2024-01-01T02:30:00"], dtype="datetime64[s]")
    assert bars.row_at(moments).tolist() == [-1, 0, 1]


def test_of_several_markets_of_an_asset_the_first_quote_and_spot_before_swaps_is_taken():
    spot = candle_rows(5)
    swap = candle_rows(9).with_columns(symbol=pl.lit("BTC/USDT:USDT"), close_quote=pl.lit(101.0))
    euro = candle_rows(9).with_columns(symbol=pl.lit("BTC/EUR"), quote=pl.lit("EUR"))
    bars = build_bars(pl.concat([swap, euro, spot]))
    assert bars.close[:, 0].tolist() == spot["close_quote"].to_list()


def test_asking_for_a_timeframe_that_is_not_there_names_those_that_are():
    with pytest.raises(NotEnoughDataError, match=r"no 5m candles.*there are 1h"):
        build_bars(candle_rows(3), "5m")


def test_the_market_index_leaves_out_the_asset_itself_and_weighs_by_the_bar_before():
    returns = np.array([[0.1, 0.2, 0.4], [0.01, 0.02, 0.04]])
    weights = np.array([[1.0, 1.0, 2.0], [9.0, 9.0, 9.0]])
    index = market_index(returns, weights)
    assert np.isnan(index[0]).all()
    np.testing.assert_allclose(index[1], [(0.02 + 2 * 0.04) / 3, (0.01 + 2 * 0.04) / 3, (0.01 + 0.02) / 2])


def test_the_rolling_mean_agrees_with_pandas_on_data_with_gaps():
    import pandas as pd

    x = random_bars(300).close
    theirs = pd.DataFrame(x).rolling(24, min_periods=12).mean().to_numpy()
    np.testing.assert_allclose(rolling_mean(x, 24, 12), theirs, rtol=1e-9, equal_nan=True)
