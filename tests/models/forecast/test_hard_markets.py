"""Markets as they really are: every model gives finite quantiles in order, or says why it cannot, and never NaN."""

from dataclasses import replace

import numpy as np
import pytest

from domain.errors import NotEnoughDataError
from features.candles import Bars, log_returns
from models.forecast.baselines.garch_har import garch_sigma
from models.forecast.baselines.scaled import reference_walk
from models.forecast.network.net import NETS
from models.forecast.network.spans import split
from models.forecast.network.windows import usable
from models.forecast.roster import FORECASTERS
from models.quantiles.quantiles import LEVELS
from tests.conftest import random_bars
from tests.kits.networks import LOOKBACK_H, Run, every_model, fitted, ground, pairs_of

N, TRAIN_END = 5200, 4900
ASSETS = ("BTC", "CRASH", "FLAT", "HOLES", "HUGE", "NEVER", "NEW", "PAUSE", "SILENT", "STALE", "TINY", "YOUNG")
LISTED = TRAIN_END + 60
PAUSE = slice(2000, 3000)
HOLES = (slice(1500, 2000), slice(3500, 4100), slice(4500, TRAIN_END + 70))
CRASHES = (3000, TRAIN_END + 50)
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
SCALE_MODELS = [name for name in FORECASTERS if name not in (*NETS, "lightgbm")]
EVERY_MODEL = (*FORECASTERS, "blend", "weighted", "calibrated")


def prices(bars: Bars) -> list[np.ndarray]:
    return [bars.open, bars.high, bars.low, bars.close]


def blank(bars: Bars, asset: str, rows: slice) -> None:
    for grid in (*prices(bars), bars.volume):
        grid[rows, bars.assets.index(asset)] = np.nan


def freeze(bars: Bars, asset: str, rows: slice) -> None:
    """One price for all of these rows."""
    column = bars.assets.index(asset)
    for grid in prices(bars):
        grid[rows, column] = bars.close[rows.start or 0, column]


def multiply(bars: Bars, asset: str, factor: float, rows: slice = slice(None)) -> None:
    for grid in prices(bars):
        grid[rows, bars.assets.index(asset)] *= factor


def crash(bars: Bars, asset: str, row: int) -> None:
    """A single bar of −99 %: it opens where the last one closed, and the price stays where it fell."""
    multiply(bars, asset, 0.01, slice(row, None))
    for grid in (bars.open, bars.high):
        grid[row, bars.assets.index(asset)] *= 100


@pytest.fixture(scope="module")
def zoo() -> Run:
    """One market of assets that each have one trouble, beside BTC, which has none; every model run over it."""
    bars = random_bars(N, ASSETS, gaps=False)
    blank(bars, "NEVER", slice(None))
    blank(bars, "NEW", slice(0, LISTED))
    blank(bars, "YOUNG", slice(0, TRAIN_END - 240))
    freeze(bars, "FLAT", slice(0, N))
    freeze(bars, "PAUSE", PAUSE)
    freeze(bars, "STALE", slice(TRAIN_END - 700, N))
    bars.volume[:, bars.assets.index("SILENT")] = 0
    for hole in HOLES:
        blank(bars, "HOLES", hole)
    multiply(bars, "TINY", 1e-11)
    multiply(bars, "HUGE", 1e4)
    for row in CRASHES:
        crash(bars, "CRASH", row)
    return every_model(bars, TRAIN_END, slice(TRAIN_END, N, 8))


def assert_forecasts(values: np.ndarray) -> None:
    """Finite, in order, and of a width that is not zero."""
    assert len(values)
    assert np.isfinite(values).all()
    assert (np.diff(values, axis=2) >= 0).all()
    assert (band(values) > 0).all()


def band(values: np.ndarray) -> np.ndarray:
    return values[..., HIGH] - values[..., LOW]


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY_MODEL)
def test_every_forecast_in_a_market_full_of_troubles_is_finite_in_order_and_has_a_width(zoo, name):
    assert not zoo.refused
    assert_forecasts(zoo.made[name])


@pytest.mark.parametrize("name", EVERY_MODEL)
@pytest.mark.parametrize("asset", ["BTC", "HOLES", "HUGE", "NEW", "SILENT", "TINY", "YOUNG"])
def test_the_band_is_as_wide_as_the_market_moves_whatever_trouble_the_asset_has(zoo, name, asset):
    """Bars of all assets are drawn alike, so that the width of the 90 % band is known: within a factor of two."""
    real = np.nanquantile(np.abs(zoo.ground.y[: CRASHES[0] - 24, 0]), 0.9, axis=0)
    ratio = np.median(band(zoo.of(name, asset)), axis=0) / (2 * real)
    assert (ratio > 0.5).all() and (ratio < 2).all(), ratio


def test_an_asset_that_never_traded_or_never_moved_is_not_an_origin(zoo):
    rows = usable(zoo.ground.panel, zoo.ground.sigma, LOOKBACK_H)
    of = {a: rows[i] for i, a in enumerate(ASSETS)}
    assert not of["NEVER"].any()
    assert not of["FLAT"].any()
    assert of["BTC"][LOOKBACK_H:].all()


def test_a_new_asset_is_an_origin_from_half_a_lookback_on_and_a_gap_is_none(zoo):
    rows = usable(zoo.ground.panel, zoo.ground.sigma, LOOKBACK_H)
    new, holes = rows[ASSETS.index("NEW")], rows[ASSETS.index("HOLES")]
    assert np.flatnonzero(new)[0] == LISTED + LOOKBACK_H // 2
    assert new[LISTED + LOOKBACK_H // 2 :].all()
    for hole in HOLES:
        assert not holes[hole].any()
        assert not holes[hole.stop : hole.stop + LOOKBACK_H // 2].any()
        assert holes[hole.stop + LOOKBACK_H // 2 + 1]


def test_a_fall_of_99_percent_widens_the_bands_of_its_own_asset_alone(zoo):
    after = zoo.pairs[:, 1] >= CRASHES[1]
    for asset, more, less in (("CRASH", 10, np.inf), ("BTC", 0.7, 1.4)):
        own = zoo.pairs[:, 0] == ASSETS.index(asset)
        width = [np.median(band(zoo.made["reference_walk"][own & part])[:, 0]) for part in (~after, after)]
        assert more < width[1] / width[0] < less, asset


def test_troubled_neighbours_leave_a_healthy_assets_reference_walk_alone(zoo):
    """BTC among eleven troubled assets, and BTC alone: what differs is the little that it borrows from all."""
    bars = zoo.ground.bars
    alone = Bars(("BTC",), "1h", bars.close_ts, *(x[:, :1] for x in (*prices(bars), bars.volume)))
    rows = zoo.pairs[zoo.pairs[:, 0] == 0, 1]
    mine = reference_walk(ground(alone), TRAIN_END).forecast(pairs_of(rows))
    np.testing.assert_allclose(band(zoo.of("reference_walk", "BTC")), band(mine), rtol=0.15)


def test_garch_knows_a_sigma_at_every_row_of_an_asset_that_trades_again_after_a_pause(zoo):
    with np.errstate(invalid="ignore"):
        sigma = garch_sigma(log_returns(zoo.ground.bars), zoo.ground.scale, TRAIN_END)
    assert np.isfinite(sigma).all()


def test_no_warning_is_left_unheard_in_a_market_full_of_troubles(zoo):
    assert zoo.warned == []


@pytest.mark.parametrize("factor", [1e-11, 1e4])
def test_the_unit_of_a_price_changes_nothing(factor):
    """Prices around 1e-9 and 1e6, dollar volume as before: the panel and the walk are the same."""
    bars = random_bars(900)
    other = Bars(bars.assets, "1h", bars.close_ts, *(x * factor for x in prices(bars)), bars.volume / factor)
    a, b = ground(bars), ground(other)
    np.testing.assert_allclose(b.panel.tape, a.panel.tape, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(b.panel.context, a.panel.context, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(np.isfinite(b.panel.context), np.isfinite(a.panel.context))
    walks = [reference_walk(g, 800) for g in (a, b)]
    np.testing.assert_allclose(walks[1].quantiles, walks[0].quantiles, rtol=1e-6, atol=1e-12)


@pytest.fixture(scope="module", params=["BTC", "SOL"])
def single(request) -> Run:
    """A market of one asset, which is BTC or is not."""
    return every_model(random_bars(2700, (request.param,)), 2500, slice(2500, 2700, 8))


def test_a_panel_of_one_asset_is_forecast_by_every_model_but_trees_which_say_what_they_lack(single):
    for values in single.made.values():
        assert_forecasts(values)
    assert set(single.made) == {*EVERY_MODEL} - {"lightgbm"}
    assert set(single.refused) == {"lightgbm"}
    assert "too few to grow trees on" in str(single.refused["lightgbm"])


def test_no_warning_is_left_unheard_in_a_market_of_one_asset(single):
    assert single.warned == []


@pytest.mark.slow
def test_three_hundred_assets_with_a_month_of_history_are_forecast_and_garch_says_what_it_lacks():
    names = (*(f"A{i:03d}" for i in range(299)), "BTC")
    run = every_model(random_bars(830, names), 790, slice(790, 830, 8))
    assert set(run.refused) == {"garch"}
    assert "no asset has 2000 hourly returns" in str(run.refused["garch"])
    assert len(np.unique(run.pairs[:, 0])) == 300
    for values in run.made.values():
        assert_forecasts(values)
    assert run.warned == []


def test_a_market_without_any_volume_has_a_finite_tape_and_forecasts():
    bars = replace(random_bars(900), volume=np.zeros((900, 3)))
    g = ground(bars)
    assert np.isfinite(g.panel.tape).all()
    assert not np.isinf(g.panel.context).any()
    rows = np.arange(850, 900)
    assert_forecasts(reference_walk(g, 800).forecast(pairs_of(rows)))


@pytest.mark.parametrize("name", SCALE_MODELS)
def test_ten_days_of_a_market_are_enough_for_all_that_scale_a_walk_but_garch(name):
    bars = random_bars(240, gaps=False)
    rows = np.arange(220, 240)
    if name == "garch":
        with pytest.raises(NotEnoughDataError, match="no asset has 2000 hourly returns"):
            fitted(name, ground(bars), 220)
    else:
        assert_forecasts(fitted(name, ground(bars), 220).forecast(pairs_of(rows, 1)))


def test_har_refuses_a_history_with_too_few_hours_for_its_coefficients():
    with pytest.raises(NotEnoughDataError, match="hours are too few to fit the HAR baseline"):
        fitted("har", ground(random_bars(120, gaps=False)), 60)


def test_ten_days_of_a_market_are_refused_by_the_networks_with_what_is_missing():
    with pytest.raises(NotEnoughDataError, match="too few for a network: 384 are needed"):
        split(48, 220, 240)


@pytest.mark.parametrize("name", SCALE_MODELS)
def test_a_market_whose_prices_never_move_is_refused_or_claimed_to_stand_still(name):
    bars = random_bars(2600, ("AAA", "BTC"), gaps=False)
    for asset in bars.assets:
        freeze(bars, asset, slice(0, 2600))
    g = ground(bars)
    assert not usable(g.panel, g.sigma, LOOKBACK_H).any()
    rows = np.arange(2500, 2600)
    if name in ("walk_plain", "walk_drift"):
        assert (fitted(name, g, 2500).forecast(pairs_of(rows)) == 0).all()
    else:
        with pytest.raises(NotEnoughDataError):
            fitted(name, g, 2500)
