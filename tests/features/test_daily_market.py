"""Daily bars and what a market morning asks of them, against pandas and by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.candles import Bars, coarser_bars
from features.daily.market import asset_daily, daily_bars
from tests.conftest import random_bars

HOURS = 24 * 200


@pytest.fixture(scope="module")
def bars() -> Bars:
    return random_bars(HOURS, gaps=False)


@pytest.fixture(scope="module")
def daily(bars) -> pl.DataFrame:
    return asset_daily(daily_bars([bars]))


def _of(frame: pl.DataFrame, asset: str) -> pl.DataFrame:
    return frame.filter(pl.col("asset") == asset).sort("event_ts")


def _tampered(bars: Bars, rows: slice, factor: float) -> Bars:
    """The same bars with one asset's prices of some rows times a factor."""
    out = {}
    for name in ("open", "high", "low", "close"):
        grid = getattr(bars, name).copy()
        grid[rows, 0] *= factor
        out[name] = grid
    return replace(bars, **out)


def test_figures_of_a_whole_history_agree_with_pandas(bars, daily):
    ours, close = _of(daily, "AAA"), _of(daily, "AAA")["close_quote"].to_pandas()
    returns = np.log(close).diff()
    np.testing.assert_allclose(ours["return_7d"].to_numpy()[7:], close.pct_change(7).to_numpy()[7:], rtol=1e-12)
    volatility = np.sqrt((returns**2).rolling(30, min_periods=20).mean() * 365)
    np.testing.assert_allclose(ours["volatility_30d"].to_numpy(), volatility.to_numpy(), rtol=1e-9)
    place = volatility.rolling(365, min_periods=90).rank(method="max", pct=True)
    np.testing.assert_allclose(ours["volatility_percentile"].to_numpy(), place.to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours["drawdown"].to_numpy(), (close / close.cummax() - 1).to_numpy(), rtol=1e-12)
    btc = np.log(_of(daily, "BTC")["close_quote"].to_pandas()).diff()
    beta = returns.rolling(90).cov(btc) / btc.rolling(90).var()
    np.testing.assert_allclose(ours["beta_btc_90d"].to_numpy()[95:], beta.to_numpy()[95:], rtol=1e-6)
    correlation = returns.rolling(90).corr(btc)
    np.testing.assert_allclose(ours["correlation_btc_90d"].to_numpy()[95:], correlation.to_numpy()[95:], rtol=1e-6)


def test_a_day_is_made_of_its_hours(bars, daily):
    second = _of(daily, "CCC").row(1, named=True)
    hours = slice(24, 48)
    assert second["open_quote"] == bars.open[24, 2]
    assert second["high_quote"] == bars.high[hours, 2].max()
    assert second["low_quote"] == bars.low[hours, 2].min()
    assert second["close_quote"] == bars.close[47, 2]
    assert second["volume_base"] == pytest.approx(bars.volume[hours, 2].sum())
    assert (second["n_bars"], second["timeframe"]) == (24, "1h")


def test_bitcoin_has_no_beta_to_itself(daily):
    assert _of(daily, "BTC")["beta_btc_90d"].null_count() == HOURS // 24


def test_a_day_that_has_not_ended_is_left_out(bars):
    short = replace(bars, **{k: getattr(bars, k)[:-5] for k in ("close_ts", "open", "high", "low", "close", "volume")})
    assert len(_of(daily_bars([short]), "BTC")) == HOURS // 24 - 1


def test_cutting_off_or_changing_the_future_changes_no_day(bars, daily):
    cut = 24 * 150
    changed = _tampered(bars, slice(cut, None), 3.0)
    early = pl.col("event_ts") <= daily["event_ts"].unique().sort()[149]
    assert asset_daily(daily_bars([changed])).filter(early).equals(daily.filter(early))
    past = replace(bars, **{k: getattr(bars, k)[:cut] for k in ("close_ts", "open", "high", "low", "close", "volume")})
    assert asset_daily(daily_bars([past])).equals(daily.filter(early))


@pytest.mark.parametrize("hole", [0, 6, 30])
def test_a_redenomination_after_a_halt_is_no_return(bars, hole):
    at = 24 * 100 + 5
    moved = _tampered(bars, slice(at, None), 1000.0)
    for name in ("open", "high", "low", "close", "volume"):
        getattr(moved, name)[at : at + hole, 0] = np.nan
    ours = _of(asset_daily(daily_bars([moved])), "AAA")
    assert ours["log_return"].abs().max() < 0.5
    for n in (1, 7, 30, 90):
        assert ours[f"return_{n}d"].drop_nulls().abs().max() < 2
        assert ours[f"return_{n}d"].null_count() >= min(2 * n, n + 1)
    assert ours["drawdown"].drop_nulls().min() > -0.9


def test_a_day_without_a_trade_has_no_price_and_no_return_leads_over_it(bars):
    volume = bars.volume.copy()
    volume[24 * 50 : 24 * 51, 1] = 0
    prices = {}
    for name in ("open", "high", "low", "close"):
        prices[name] = getattr(bars, name).copy()
        prices[name][24 * 50 : 24 * 51, 1] = np.nan
    ours = _of(asset_daily(daily_bars([replace(bars, volume=volume, **prices)])), "BTC")
    assert ours["close_quote"][50] is None
    assert ours["n_bars"][50] == 0
    assert ours["volume_quote"][50] == 0
    assert ours["log_return"][50:52].to_list() == [None, None]
    assert ours["return_7d"][52] is not None


def test_assets_without_hourly_bars_are_taken_from_their_own(bars):
    whole = coarser_bars(bars, "1d")
    renamed = replace(whole, assets=("AAA", "DAY", "CCC"))
    both = asset_daily(daily_bars([bars, renamed]))
    assert both["asset"].unique().sort().to_list() == ["AAA", "BTC", "CCC", "DAY"]
    assert _of(both, "DAY")["timeframe"].unique().to_list() == ["1d"]
    ours, same = _of(both, "DAY").drop("asset", "timeframe", "n_bars"), _of(both, "BTC")
    assert ours.drop("beta_btc_90d", "correlation_btc_90d").equals(same.select(ours.columns).drop(
        "beta_btc_90d", "correlation_btc_90d"))  # fmt: skip
    assert _of(both, "DAY")["beta_btc_90d"].drop_nulls().to_numpy() == pytest.approx(1.0)


def test_no_candles_are_no_days():
    assert asset_daily(daily_bars([])).is_empty()
