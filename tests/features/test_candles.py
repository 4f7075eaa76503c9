"""Bars on a grid: gaps stay gaps, one market per asset."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from domain.errors import NotEnoughDataError
from features.candles import (
    build_bars,
    coarser_bars,
    dollar_volume,
    log_path,
    log_returns,
    market_index,
    rolling_mean,
    trailing_dollar_volume,
)
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


def market(symbol: str, n: int, *, start: datetime = datetime(2024, 1, 1, tzinfo=UTC), close: float = 101.0, **more):
    """Bars of one market of BTC at one price."""
    quote = symbol.split("/")[1].split(":", maxsplit=1)[0]
    prices = {name: pl.lit(close) for name in ("open_quote", "high_quote", "low_quote", "close_quote")}
    rows = candle_rows(n, start=start).with_columns(symbol=pl.lit(symbol), quote=pl.lit(quote), **prices)
    return rows.with_columns(**{name: pl.lit(value) for name, value in more.items()})


def test_of_markets_alike_in_length_spot_goes_before_swaps_and_quotes_by_their_order():
    euro, swap, spot = market("BTC/EUR", 9), market("BTC/USDT:USDT", 9, close=90.0), market("BTC/USDT", 6, close=100.0)
    assert set(build_bars(pl.concat([swap, euro, spot])).close[:, 0]) == {100.0}


def test_the_longer_and_livelier_market_goes_before_spot_and_quote():
    swap, few = market("BTC/USDT:USDT", 200, close=90.0), market("BTC/USDT", 10, close=100.0)
    assert set(build_bars(pl.concat([few, swap])).close[:, 0]) == {90.0}
    idle = market("BTC/USDT", 200, close=100.0, volume_base=0.0)
    assert set(build_bars(pl.concat([idle, swap])).close[:, 0]) == {90.0}


def test_a_series_goes_on_in_another_market_where_one_has_ended_and_the_seam_is_no_return():
    ended = market("BTC/USDT", 24 * 20, close=100.0)
    goes_on = market("BTC/USDC", 24 * 30, close=101.0)
    bars = build_bars(pl.concat([ended, goes_on]))
    silent = np.arange(24 * 20, 24 * 23 - 1)
    assert np.flatnonzero(np.isnan(bars.close[:, 0])).tolist() == silent.tolist(), "three days, as one knew then"
    returns, path = log_returns(bars)[:, 0], log_path(bars)[:, 0]
    assert np.flatnonzero(np.isnan(returns)).tolist() == [0, *silent, silent[-1] + 1]
    assert set(returns[np.isfinite(returns)]) == {0.0}
    np.testing.assert_allclose(np.diff(path[np.isfinite(path)]), 0, atol=1e-12)


def test_a_market_that_lags_a_few_days_behind_another_has_not_ended():
    lagging, ahead = market("BTC/USDT", 24 * 20, close=100.0), market("BTC/USDC", 24 * 22, close=101.0)
    bars = build_bars(pl.concat([lagging, ahead]))
    assert len(bars.close_ts) == 24 * 20
    assert bars.seams is None


def test_renamed_and_redenominated_codes_are_one_series_in_present_units():
    old = market("LEND/USDT", 24 * 20, close=0.5, asset="AAVE", volume_base=200.0)
    new = market("AAVE/USDT", 24 * 40, start=datetime(2024, 1, 21, tzinfo=UTC), close=50.0, asset="AAVE")
    bars = build_bars(pl.concat([old, new]))
    np.testing.assert_allclose(bars.close[:, 0], 50.0)
    assert bars.volume[0, 0] == pytest.approx(2.0)
    thousands = build_bars(market("1000SHIB/USDT:USDT", 5, close=0.02, asset="SHIB", volume_base=3.0))
    assert (thousands.close[0, 0], thousands.volume[0, 0]) == (pytest.approx(2e-5), pytest.approx(3e3))


def test_a_bar_in_which_nothing_was_traded_has_no_price():
    rows = candle_rows(6).with_columns(volume_base=pl.when(pl.int_range(pl.len()) == 3).then(0.0).otherwise(5.0))
    bars = build_bars(rows)
    assert np.flatnonzero(np.isnan(bars.close[:, 0])).tolist() == [3]
    assert bars.volume[3, 0] == 0


def test_a_move_over_a_gap_is_taken_out_of_the_path_and_cutting_off_the_future_changes_nothing():
    bars = random_bars(200, gaps=False)
    close = bars.close.copy()
    close[100:106, 0] = np.nan
    close[106:, 0] *= 1000
    path = log_path(replace(bars, close=close))
    assert path[106, 0] == pytest.approx(path[99, 0])
    np.testing.assert_allclose(np.diff(path[:, 1]), np.diff(np.log(bars.close[:, 1])), atol=1e-12)
    cut = log_path(replace(bars, close=close[:150]))
    np.testing.assert_array_equal(cut, path[:150])


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


def test_a_bar_without_a_trade_is_no_turnover_and_a_bar_that_is_missing_is_unknown():
    rows = candle_rows(48).with_columns(volume_base=pl.when(pl.int_range(pl.len()) % 2 == 0).then(0.0).otherwise(2.0))
    bars = build_bars(rows.filter(pl.int_range(pl.len()) != 5))
    dollars = dollar_volume(bars)[:, 0]
    assert dollars[4] == 0
    assert np.isnan(dollars[5])
    assert dollars[7] == 2 * bars.close[7, 0]
    assert trailing_dollar_volume(bars)[-1, 0] == pytest.approx(np.nanmean(dollars))


def test_longer_bars_hold_the_first_open_the_extremes_the_last_close_and_all_the_volume():
    fine = replace(random_bars(600, gaps=False), timeframe="5m")
    fine = replace(fine, close_ts=fine.close_ts[0] + 300 * (np.arange(600) + 4).astype("timedelta64[s]"))
    for grid in (fine.open, fine.high, fine.low, fine.close, fine.volume):
        grid[100:120, 1] = np.nan
        grid[::3, 2] = np.nan
    made = coarser_bars(fine, "15m")
    for column in range(3):
        table = pl.DataFrame({
            "start": (fine.close_ts.astype("datetime64[us]") - np.timedelta64(300, "s")),
            "open": fine.open[:, column], "high": fine.high[:, column], "low": fine.low[:, column],
            "close": fine.close[:, column], "volume": fine.volume[:, column],
        }).filter(pl.col("close").is_not_nan()).group_by_dynamic("start", every="15m").agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
            pl.col("volume").sum(),
        )  # fmt: skip
        ends = (table["start"].to_numpy() + np.timedelta64(900, "s")).astype("datetime64[s]")
        row = np.searchsorted(made.close_ts, ends)
        assert np.isfinite(made.close[:, column]).sum() == len(table)
        for name in ("open", "high", "low", "close", "volume"):
            np.testing.assert_allclose(getattr(made, name)[row, column], table[name].to_numpy(), err_msg=name)
    with pytest.raises(ValueError, match="cannot be made"):
        coarser_bars(made, "5m")
