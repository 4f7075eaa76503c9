"""GARCH, HAR and LightGBM: the same numbers as an independent implementation, and nothing from the future."""

from dataclasses import replace

import numpy as np
import pytest
from arch import arch_model

from domain.errors import NotEnoughDataError
from features.candles import Bars, log_returns
from features.context import CONTEXT
from features.panel import Panel
from features.volatility import VolatilityScale, volatility_scale
from models.forecast.baselines import boosting
from models.forecast.baselines import garch_har as baselines
from models.forecast.baselines.boosting import Boosting, fit_boosters, predict_boosters
from models.forecast.baselines.garch_har import HAR_MARKET, HAR_OWN, fit_har, garch_sigma
from models.forecast.baselines.scaled import reference_walk
from models.forecast.dataset import Dataset
from models.forecast.network.config import TrainConfig
from models.forecast.network.net import NETS
from models.forecast.network.spans import trust_after
from models.forecast.network.windows import origins, usable
from models.forecast.recipe import BoostConfig, Recipe
from models.forecast.roster import FORECASTERS
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from tests.conftest import random_bars
from tests.kits.networks import FEW_LEVELS, LOOKBACK_H, fitted, ground, pairs_of, tiny_net

SCALE_MODELS = [name for name in FORECASTERS if name not in (*NETS, "lightgbm")]
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)


def garch_market(n: int, seed: int = 1) -> np.ndarray:
    """Returns of one asset that follow a GARCH(1,1) with Student shocks, [n, 1]; the first is missing."""
    rng = np.random.default_rng(seed)
    shocks = rng.standard_t(6, n) * np.sqrt(4 / 6)
    out, variance = np.empty(n), 0.5
    for t in range(n):
        out[t] = np.sqrt(variance) * shocks[t]
        variance = 0.02 + 0.08 * out[t] ** 2 + 0.88 * variance
    out[0] = np.nan
    return out[:, None] / 100


def without_pattern(returns: np.ndarray) -> VolatilityScale:
    """A scale that only says at what hour each row stands: every hour of the week is like every other."""
    n = len(returns)
    return VolatilityScale(np.ones_like(returns), np.ones((n // 168 + 1, 168)), np.arange(n) // 168, np.arange(n) % 168)


def cut(bars: Bars, rows: int) -> Bars:
    """The bars as they stood at row `rows`."""
    grids = (x[:rows].copy() for x in (bars.open, bars.high, bars.low, bars.close, bars.volume))
    return Bars(bars.assets, bars.timeframe, bars.close_ts[:rows], *grids)


def with_another_future(bars: Bars, row: int) -> Bars:
    """The same bars up to `row`, and wholly different ones after it."""
    grids = [x.copy() for x in (bars.open, bars.high, bars.low, bars.close, bars.volume)]
    for grid in grids:
        grid[row + 1 :] = grid[row + 1 :] ** 3 / 1000
    return Bars(bars.assets, bars.timeframe, bars.close_ts, *grids)


# GARCH


def test_garch_gives_what_arch_itself_forecasts_from_the_same_parameters():
    """arch fits; its forecast with the long-run variance of the training span is ours, at rows past the start."""
    returns, train_end = garch_market(3000), 2700
    train = returns[1 : train_end + 1, 0] * 100
    fitted = arch_model(train, mean="Zero", p=1, q=1, dist="t", rescale=False).fit(disp="off").params
    alpha, beta = fitted["alpha[1]"], fitted["beta[1]"]
    assert 0.03 < alpha < 0.2 and 0.7 < beta < 0.97, "a fit worth comparing"
    omega = train.var() * (1 - alpha - beta)
    fixed = arch_model(returns[1:, 0] * 100, mean="Zero", p=1, q=1, dist="t", rescale=False).fix(
        [omega, alpha, beta, fitted["nu"]]
    )
    variance = fixed.forecast(horizon=24, start=1500).variance.to_numpy() / 100**2  # [rows from 1500, 24]
    sigma = garch_sigma(returns, without_pattern(returns), train_end)[1501:, 0]
    for i, h in enumerate(HORIZONS_H):
        np.testing.assert_allclose(sigma[:, i], np.sqrt(variance[:, :h].sum(1)), rtol=1e-6)


def test_garch_multiplies_each_hour_ahead_with_its_own_pattern(monkeypatch):
    """Constant variance (alpha = beta = 0): sigma² of the next h hours is the level times the sum of their pattern."""
    bars = random_bars(2500, gaps=False)
    level = volatility_scale(bars)
    monkeypatch.setattr(baselines, "_fit_garch", lambda x: np.array([4.0, 0.0, 0.0]))
    sigma = garch_sigma(log_returns(bars), level, 2300)
    for i, h in enumerate(HORIZONS_H):
        expected = np.sqrt(4.0 * level.pattern_sum(h)) / 100
        np.testing.assert_allclose(sigma[:, 0, i], expected, rtol=1e-10)
    assert sigma[:, 0, 0].std() > 0.01 * sigma[:, 0, 0].mean(), "there is a pattern"


@pytest.mark.parametrize("row", [2300, 2450])
def test_garch_at_a_row_is_the_same_when_the_future_is_cut_off_or_another_one(row):
    bars, train_end = random_bars(2600), 2250
    whole = garch_sigma(log_returns(bars), volatility_scale(bars), train_end)[: row + 1]
    for other in (cut(bars, row + 1), with_another_future(bars, row)):
        sigma = garch_sigma(log_returns(other), volatility_scale(other), train_end)[: row + 1]
        np.testing.assert_allclose(sigma, whole, rtol=1e-10)


def test_garchs_parameters_come_from_the_training_span_alone(monkeypatch):
    bars, train_end, seen = random_bars(2600), 2250, []
    fit = baselines._fit_garch
    monkeypatch.setattr(baselines, "_fit_garch", lambda x: seen.append(x) or fit(x))
    level = volatility_scale(bars)
    before = garch_sigma(log_returns(bars), level, train_end)
    later = log_returns(bars)
    later[train_end + 1 :] *= 5
    np.testing.assert_array_equal(garch_sigma(later, level, train_end)[: train_end + 1], before[: train_end + 1])
    assert {len(x) for x in seen} == {train_end + 1}
    within = log_returns(bars)
    within[train_end - 100 : train_end + 1] *= 5
    assert not np.allclose(garch_sigma(within, level, train_end)[:2000], before[:2000])


def test_a_missing_return_leaves_garchs_variance_where_it_was():
    returns = garch_market(2600)
    returns[2400:2410] = np.nan
    sigma = garch_sigma(returns, without_pattern(returns), 2300)[:, 0]
    np.testing.assert_allclose(sigma[2400:2410], np.broadcast_to(sigma[2399], (10, 4)))
    assert not np.allclose(sigma[2411], sigma[2399])


def test_an_asset_too_young_to_be_fitted_takes_the_median_parameters(monkeypatch):
    known = {0: np.array([1.0, 0.1, 0.8]), 1: np.array([2.0, 0.05, 0.9]), 2: np.array([4.0, 0.2, 0.6]), 3: None}
    fits = iter(known.values())
    monkeypatch.setattr(baselines, "_fit_garch", lambda x: next(fits))
    returns = np.hstack([garch_market(300, seed) for seed in range(4)])
    sigma = garch_sigma(returns, without_pattern(returns), 200)[:, 3] * 100
    level, alpha, beta = 2.0, 0.1, 0.8
    variance = level
    for t in range(1, 300):
        variance = level * (1 - alpha - beta) + alpha * (100 * returns[t, 3]) ** 2 + beta * variance
        ahead = [level + (alpha + beta) ** k * (variance - level) for k in range(24)]
        np.testing.assert_allclose(sigma[t], [np.sqrt(sum(ahead[:h])) for h in HORIZONS_H])


def test_only_an_asset_with_enough_returns_is_fitted():
    x = garch_market(2600)[:, 0] * 100
    assert baselines._fit_garch(x[: baselines.MIN_GARCH_ROWS]) is None, "the first return is missing"
    assert baselines._fit_garch(x[: baselines.MIN_GARCH_ROWS + 1]) is not None
    assert baselines._fit_garch(np.zeros(3000)) is None
    with pytest.raises(NotEnoughDataError, match="no asset has 2000 hourly returns"):
        garch_sigma(garch_market(1500), without_pattern(garch_market(1500)), 1400)


# HAR


def har_sigma(panel: Panel, sigma: np.ndarray, returns: np.ndarray, train_end: int) -> np.ndarray:
    return fit_har(panel, sigma, returns, train_end).sigma(panel, sigma)


def planted(noise: float, n_assets: int = 300, n: int = 60) -> tuple[Panel, np.ndarray, np.ndarray, np.ndarray]:
    """A panel, sigma and returns where ln(realised ÷ sigma) is linear in HAR's channels; the linear form [A]."""
    rng = np.random.default_rng(3)
    context = np.broadcast_to(rng.standard_normal((n_assets, 1, len(CONTEXT))), (n_assets, n, len(CONTEXT)))
    own = [CONTEXT.index(name) for name in (*HAR_OWN, *HAR_MARKET)]
    form = 0.3 + context[:, 0, own] @ (0.1 * rng.standard_normal(len(own)))
    sigma = 0.01 * np.sqrt(HORIZONS_H) * np.ones((n, n_assets, 1))
    size = 0.01 * np.exp(form + noise * rng.standard_normal(n_assets))
    returns = size * rng.choice([-1.0, 1.0], (n, n_assets))
    ts = np.datetime64("2024-01-01", "s") + np.arange(n) * np.timedelta64(3600, "s")
    panel = Panel(
        tuple(map(str, range(n_assets))), ts, np.zeros((n_assets, n, 5), np.float32), context.astype(np.float32),
        np.ones((n_assets, n), bool), np.zeros((n_assets, n)),
    )  # fmt: skip
    return panel, sigma, returns, form


def test_har_finds_the_coefficients_that_were_planted():
    panel, sigma, returns, form = planted(noise=0.0)
    found = np.log(har_sigma(panel, sigma, returns, 50) / sigma)
    np.testing.assert_allclose(found, np.broadcast_to(form[None, :, None], found.shape), atol=1e-5)


def test_har_finds_planted_coefficients_under_noise():
    panel, sigma, returns, form = planted(noise=0.3)
    found = np.log(har_sigma(panel, sigma, returns, 50) / sigma)[0, :, 2]
    assert np.corrcoef(found, form)[0, 1] > 0.95
    assert np.abs(found - form).mean() < 0.12


def test_har_forecasts_the_move_of_the_hour_that_follows_the_row():
    """Channels that differ at every row: the next hour's move is what they told, and no other hour's."""
    panel, sigma, _, _ = planted(noise=0.0)
    rng = np.random.default_rng(4)
    context = rng.standard_normal(panel.context.shape).astype(np.float32)
    own = [CONTEXT.index(name) for name in (*HAR_OWN, *HAR_MARKET)]
    form = (0.3 + context[:, :, own] @ (0.1 * rng.standard_normal(len(own)))).T  # [T, A]
    returns = np.full(form.shape, np.nan)
    returns[1:] = 0.01 * np.exp(form[:-1]) * rng.choice([-1.0, 1.0], form[1:].shape)
    found = np.log(har_sigma(replace(panel, context=context), sigma, returns, 50) / sigma)[:, :, 0]
    np.testing.assert_allclose(found, form, atol=1e-5)


@pytest.mark.parametrize("h", HORIZONS_H)
def test_what_har_learns_from_is_the_root_of_the_squared_returns_of_the_next_hours(h):
    rng = np.random.default_rng(5)
    returns = rng.standard_normal((60, 2))
    returns[[0, 30], 0] = np.nan
    found = baselines._forward_volatility(returns, h)
    for t in range(60):
        ahead = returns[t + 1 : t + 1 + h]
        expected = np.sqrt((ahead**2).sum(0)) if len(ahead) == h else np.full(2, np.nan)
        np.testing.assert_allclose(found[t], expected)


def test_har_reads_its_own_channels_and_no_other():
    panel, sigma, returns, _ = planted(noise=0.3)
    before = har_sigma(panel, sigma, returns, 50)
    context = panel.context.copy()
    others = [i for i, name in enumerate(CONTEXT) if name not in (*HAR_OWN, *HAR_MARKET)]
    context[:, :, others] = 99
    np.testing.assert_array_equal(har_sigma(replace(panel, context=context), sigma, returns, 50), before)
    context[:, :, CONTEXT.index(HAR_OWN[0])] = 0
    assert not np.allclose(har_sigma(replace(panel, context=context), sigma, returns, 50)[:, :5], before[:, :5])


def test_a_channel_that_is_unknown_counts_as_its_mean():
    panel, sigma, returns, _ = planted(noise=0.3)
    k = CONTEXT.index(HAR_OWN[0])
    context = panel.context.copy()
    context[7, 55, k] = np.nan
    at_mean = context.copy()
    at_mean[7, 55, k] = panel.context[:, :50, k].mean()
    a, b = (har_sigma(replace(panel, context=x), sigma, returns, 50)[55, 7] for x in (context, at_mean))
    np.testing.assert_allclose(a, b, rtol=1e-3)


def har(bars: Bars, train_end: int) -> np.ndarray:
    g = ground(bars)
    return har_sigma(g.panel, g.sigma, log_returns(bars), train_end)


@pytest.mark.parametrize("row", [900, 960])
def test_har_at_a_row_is_the_same_when_the_future_is_cut_off_or_another_one(row):
    bars = random_bars(1100)
    whole = har(bars, 850)[: row + 1]
    for other in (cut(bars, row + 1), with_another_future(bars, row)):
        np.testing.assert_allclose(har(other, 850)[: row + 1], whole, rtol=1e-4)


def test_hars_coefficients_come_from_targets_that_end_within_the_training_span():
    g, train_end = ground(random_bars(1100)), 850
    returns = log_returns(g.bars)
    before = har_sigma(g.panel, g.sigma, returns, train_end)
    later, within = returns.copy(), returns.copy()
    later[train_end + 1 :] *= 9
    within[train_end] *= 9
    np.testing.assert_array_equal(har_sigma(g.panel, g.sigma, later, train_end), before)
    assert not np.array_equal(har_sigma(g.panel, g.sigma, within, train_end)[..., 0], before[..., 0])
    assert not np.array_equal(har_sigma(g.panel, g.sigma, within, train_end)[..., 3], before[..., 3])


# LightGBM

TRAIN_END = 4900


@pytest.fixture(scope="module", autouse=True)
def few_levels():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosting, "FITTED", FEW_LEVELS)
        yield


@pytest.fixture(scope="module")
def market() -> Dataset:
    return ground(random_bars(5200))


def boosted(g: Dataset, rows: np.ndarray) -> np.ndarray:
    recipe = Recipe(tiny_net(g), TrainConfig(), boost=BoostConfig(rounds=5), threads=1)
    pairs = np.array([(a, r) for r in rows for a in range(len(g.bars.assets))])
    pairs = pairs[usable(g.panel, g.sigma, LOOKBACK_H)[pairs[:, 0], pairs[:, 1]]]
    return Boosting("lightgbm", recipe).fit(g, TRAIN_END).forecast(pairs)


def test_lightgbm_repeats_exactly_and_its_quantiles_are_in_order(market):
    rows = np.arange(TRAIN_END, 5200, 5)
    first = boosted(market, rows)
    np.testing.assert_array_equal(boosted(market, rows), first)
    assert np.isfinite(first).all() and (np.diff(first, axis=2) >= 0).all()
    assert not np.allclose(first[0] / first[0, :, [0]].T, first[1] / first[1, :, [0]].T, rtol=1e-3), "origins differ"


def test_lightgbm_at_a_row_is_the_same_when_the_future_is_cut_off_or_another_one(market):
    row = TRAIN_END + 20
    rows = np.arange(TRAIN_END, row + 1, 4)
    whole = boosted(market, rows)
    for other in (cut(market.bars, row + 1), with_another_future(market.bars, row)):
        np.testing.assert_allclose(boosted(ground(other), rows), whole, rtol=1e-4, atol=1e-9)


def test_lightgbm_trains_on_targets_that_end_within_the_training_span(market):
    rows = np.arange(3000, TRAIN_END, 97)
    whole = boosted(market, rows)
    np.testing.assert_array_equal(boosted(ground(with_another_future(market.bars, TRAIN_END)), rows), whole)
    assert not np.array_equal(boosted(ground(with_another_future(market.bars, TRAIN_END - 300)), rows), whole)


def test_trees_have_the_share_that_their_hours_give_them_and_the_base_has_the_rest(market):
    recipe = Recipe(tiny_net(market), TrainConfig(), boost=BoostConfig(rounds=5), threads=1)
    made, pairs = Boosting("lightgbm", recipe).fit(market, TRAIN_END), pairs_of(np.array([TRAIN_END + 8]))
    assert made.trust == trust_after(TRAIN_END - 720) == pytest.approx(0.288, abs=1e-3)
    alone, base = (replace(made, trust=share).forecast(pairs) for share in (1.0, 0.0))
    np.testing.assert_allclose(made.forecast(pairs), made.trust * alone + (1 - made.trust) * base)
    np.testing.assert_array_equal(base, made.base.walk(market).forecast(pairs))
    assert not np.allclose(alone, base)


@pytest.mark.slow
def test_lightgbm_learns_a_planted_effect_and_its_place(market):
    """Returns lean by 0.8 sigma to where one channel of the context points; the medians follow its sign."""
    store = market.store(reference_walk(market, TRAIN_END), LOOKBACK_H)
    channel = store.context[:, CONTEXT.index("return_24h")]
    store = replace(store, target=store.target + 0.8 * channel.nan_to_num().sign()[:, None])
    rows = usable(market.panel, market.sigma, LOOKBACK_H)
    boosters = fit_boosters(store, origins(rows, 720, TRAIN_END - 24, 3), BoostConfig(rounds=40), threads=1)
    pairs = origins(rows, TRAIN_END, 5170, 3)
    unit = np.ones_like(market.sigma)
    median = predict_boosters(boosters, store, pairs, unit)[:, :, LEVELS.index(0.5)]
    sign = np.sign(channel[pairs[:, 0] * store.n_rows + pairs[:, 1]].numpy())
    for h in range(len(HORIZONS_H)):
        assert median[sign > 0, h].mean() > 0.4
        assert median[sign < 0, h].mean() < -0.4


# by name


def test_an_unknown_name_is_refused_with_the_names_there_are():
    g = ground(random_bars(900))
    with pytest.raises(ValueError, match="model 'oracle' is unknown") as refusal:
        fitted("oracle", g, 800)
    assert all(name in str(refusal.value) for name in FORECASTERS)


@pytest.mark.parametrize("name", SCALE_MODELS)
def test_every_scaled_model_covers_what_it_promises_on_a_market_of_its_kind(market, name):
    rows = np.arange(TRAIN_END, 5170)
    inside = []
    for asset in range(3):
        q = fitted(name, market, TRAIN_END).forecast(pairs_of(rows, asset))[:, 0]
        y = market.y[rows, asset, 0]
        known = np.isfinite(y) & np.isfinite(q[:, 0])
        inside.append(((y >= q[:, LOW]) & (y <= q[:, HIGH]))[known])
    assert 0.86 < np.concatenate(inside).mean() < 0.94
