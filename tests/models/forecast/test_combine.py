"""Combination and calibration: what has not matured counts nothing, and coverage comes back to what was promised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from models.forecast.combine import MAX_LOG_FACTOR, Conformal, average, calibrate, weighted_by_past
from models.quantiles.quantiles import HORIZONS_H, LEVELS, MEDIAN
from models.quantiles.scores import coverage

LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
Z = norm.ppf(LEVELS)
H, Q = len(HORIZONS_H), len(LEVELS)


def sorted_quantiles(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.sort(rng.standard_normal((n, H, Q)), axis=2)


def grid(rng: np.random.Generator, n_origins: int, n_assets: int, step: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Rows and assets of origins every `step` hours, in order of time, now and then without an asset."""
    row, asset = (x.ravel() for x in np.meshgrid(step * np.arange(n_origins), np.arange(n_assets), indexing="ij"))
    there = rng.random(len(row)) < 0.9
    there[:n_assets] = True
    return row[there], asset[there]


def band(values: np.ndarray, outcome: np.ndarray, horizon: int = 0) -> float:
    return coverage(values[:, horizon, LOW], values[:, horizon, HIGH], outcome[:, horizon])


# the average


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_average_never_crosses_and_lies_between_its_parts(seed, n_models):
    rng = np.random.default_rng(seed)
    parts = [sorted_quantiles(rng, 7) * 10.0 ** rng.integers(-6, 6) for _ in range(n_models)]
    mixed = average(parts)
    assert (np.diff(mixed, axis=2) >= 0).all()
    assert (mixed >= np.min(parts, axis=0) - 1e-12).all() and (mixed <= np.max(parts, axis=0) + 1e-12).all()


def test_the_average_is_the_horizontal_mean_of_distributions():
    """Of normals with sigma 1 and 3: a normal with sigma 2, where a mixture would have fat tails."""
    parts = [np.broadcast_to(Z * sigma + mean, (1, H, Q)) for sigma, mean in ((1.0, 0.0), (3.0, 1.0))]
    np.testing.assert_allclose(average(parts)[0, 0], Z * 2.0 + 0.5)


# weights by the past


def with_models(seed: int, n_origins: int = 30) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    row, asset = grid(rng, n_origins, 3, step=int(rng.integers(1, 13)))
    outcome = rng.standard_normal((len(row), H))
    outcome[rng.random(outcome.shape) < 0.05] = np.nan
    return [sorted_quantiles(rng, len(row)) for _ in range(3)], outcome, row, asset


def unmatured(row: np.ndarray, origin: int) -> np.ndarray:
    """Which outcomes [N, H] are not known at an origin."""
    return row[:, None] + np.array(HORIZONS_H) > origin


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_weights_at_an_origin_are_blind_to_outcomes_that_have_not_matured(seed, data):
    values, outcome, row, _ = with_models(seed)
    origin = data.draw(st.sampled_from(sorted(set(row.tolist()))))
    other = np.where(unmatured(row, origin), outcome * -7 + 3, outcome)
    before, after = weighted_by_past(values, outcome, row), weighted_by_past(values, other, row)
    np.testing.assert_array_equal(before[row <= origin], after[row <= origin])


@pytest.mark.parametrize("horizon", range(H))
def test_weights_use_an_outcome_from_the_hour_on_in_which_it_matures(horizon):
    """Origins every hour: the outcome of row 10 over h hours changes the mix at row 10 + h and not before."""
    rng = np.random.default_rng(1)
    row = np.arange(60)
    values, outcome = [sorted_quantiles(rng, 60) for _ in range(2)], rng.standard_normal((60, H))
    other = outcome.copy()
    other[10, horizon] += 5
    moved = np.abs(weighted_by_past(values, other, row) - weighted_by_past(values, outcome, row)).max(2) > 0
    assert np.flatnonzero(moved[:, horizon])[0] == 10 + HORIZONS_H[horizon]
    assert not np.delete(moved, horizon, axis=1).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_weighted_quantiles_never_cross_and_start_as_the_equal_average(seed):
    values, outcome, row, _ = with_models(seed)
    mixed = weighted_by_past(values, outcome, row)
    assert (np.diff(mixed, axis=2) >= 0).all()
    for i, h in enumerate(HORIZONS_H):
        young = row < h
        np.testing.assert_allclose(mixed[young, i], average(values)[young, i])


def test_without_any_known_outcome_all_models_weigh_the_same():
    values, outcome, row, _ = with_models(3)
    mixed = weighted_by_past(values, np.full_like(outcome, np.nan), row)
    np.testing.assert_allclose(mixed, average(values))


def test_the_better_model_is_favoured_later_and_forgotten_when_the_other_becomes_better():
    rng = np.random.default_rng(2)
    n = 1200
    row, y = 24 * np.arange(n), rng.standard_normal((n, H))
    right, wide = np.broadcast_to(Z, (n, H, Q)), np.broadcast_to(Z * 3, (n, H, Q))
    first_half = (np.arange(n) < n // 2)[:, None, None]
    values = [np.where(first_half, right, wide), np.where(first_half, wide, right)]
    mixed = weighted_by_past(values, y, row, memory=50, rate=20)
    spread = (mixed[:, :, HIGH] - mixed[:, :, LOW]) / (Z[HIGH] - Z[LOW])  # 1: the right one, 3: the wide one
    assert spread[0] == pytest.approx(2.0)
    assert (spread[100 : n // 2] < 1.05).all()
    assert (spread[n // 2] > 2.9).all(), "nobody can know yet"
    assert (spread[n // 2 + 300 :] < 1.05).all()


def test_without_a_rate_the_weights_stay_equal():
    values, outcome, row, _ = with_models(4)
    np.testing.assert_allclose(weighted_by_past(values, outcome, row, rate=0.0), average(values))


# calibration


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_calibration_at_an_origin_is_blind_to_outcomes_that_have_not_matured(seed, data):
    values, outcome, row, asset = with_models(seed)
    origin = data.draw(st.sampled_from(sorted(set(row.tolist()))))
    other = np.where(unmatured(row, origin), outcome * -7 + 3, outcome)
    before = calibrate(values[0], outcome, row, asset, Conformal.fresh(3, 0.3, 0.1))
    after = calibrate(values[0], other, row, asset, Conformal.fresh(3, 0.3, 0.1))
    np.testing.assert_array_equal(before[row <= origin], after[row <= origin])


@pytest.mark.parametrize("horizon", range(H))
def test_calibration_uses_an_outcome_from_the_hour_on_in_which_it_matures(horizon):
    row, asset = np.arange(60), np.zeros(60, dtype=np.int64)
    values, outcome = np.broadcast_to(Z, (60, H, Q)), np.zeros((60, H))
    other = outcome.copy()
    other[10, horizon] = 99
    issued = [calibrate(values, y, row, asset, Conformal.fresh(1)) for y in (outcome, other)]
    moved = np.abs(issued[1] - issued[0]).max(2) > 0
    assert np.flatnonzero(moved[:, horizon])[0] == 10 + HORIZONS_H[horizon]
    assert not np.delete(moved, horizon, axis=1).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_calibrated_quantiles_never_cross_and_keep_their_median(seed):
    values, outcome, row, asset = with_models(seed)
    out = calibrate(values[0], outcome * 5, row, asset, Conformal.fresh(3, 0.5, 0.2))
    assert (np.diff(out, axis=2) >= 0).all()
    np.testing.assert_allclose(out[..., MEDIAN], values[0][..., MEDIAN])


def simulated(
    rng: np.random.Generator, factor: np.ndarray, n_assets: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Normal outcomes and forecasts whose bands are `factor` [O] times as wide as they should be, one origin a day."""
    row, asset = grid(rng, len(factor), n_assets, step=24)
    outcome = rng.standard_normal((len(row), H))
    return Z * factor[row // 24][:, None, None] * np.ones((1, H, 1)), outcome, row, asset


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.75, 1.25])
@pytest.mark.parametrize("horizon", range(H))
def test_a_band_that_is_a_quarter_too_narrow_or_too_wide_comes_back_to_its_coverage(factor, horizon):
    values, outcome, row, asset = simulated(np.random.default_rng(5), np.full(900, factor))
    out = calibrate(values, outcome, row, asset, Conformal.fresh(8))
    later = row > 24 * 300
    assert not 0.88 < band(values[later], outcome[later], horizon) < 0.92, "it was wrong before"
    assert 0.88 < band(out[later], outcome[later], horizon) < 0.92


@pytest.mark.parametrize("change", [(0.75, 1.25), (1.25, 0.75)])
def test_after_a_change_of_regime_the_coverage_comes_back(change):
    values, outcome, row, asset = simulated(np.random.default_rng(6), np.repeat(change, 600))
    out = calibrate(values, outcome, row, asset, Conformal.fresh(8))
    for h in range(H):
        for begin in (300, 900):
            part = (row > 24 * begin) & (row < 24 * (begin + 300))
            assert 0.88 < band(out[part], outcome[part], h) < 0.92


def test_after_a_regime_beyond_what_calibration_can_mend_the_coverage_comes_back():
    values, outcome, row, asset = simulated(np.random.default_rng(7), np.repeat([0.25, 1.0], 600))
    out = calibrate(values, outcome, row, asset, Conformal.fresh(8))
    later = row > 24 * 900
    assert 0.88 < band(out[later], outcome[later]) < 0.92


def test_a_forecast_that_is_right_keeps_its_coverage_and_nearly_its_width():
    values, outcome, row, asset = simulated(np.random.default_rng(8), np.ones(900))
    out = calibrate(values, outcome, row, asset, Conformal.fresh(8))
    width = (out[..., HIGH] - out[..., LOW]) / (Z[HIGH] - Z[LOW])
    for h in range(H):
        assert 0.89 < band(out, outcome, h) < 0.91
    assert 0.98 < width.mean() < 1.02
    assert width.std() < 0.1


def test_an_asset_whose_bands_alone_are_too_narrow_is_widened_more_than_the_others():
    values, outcome, row, asset = simulated(np.random.default_rng(9), np.ones(1500))
    values = np.where((asset == 3)[:, None, None], values * 0.7, values)
    state = Conformal.fresh(8, own_rate=0.02)
    out = calibrate(values, outcome, row, asset, state)
    assert (state.own[3] > np.delete(state.own, 3, axis=0).max(0) + 0.1).all()
    later = row > 24 * 700
    for a in range(8):
        mine = later & (asset == a)
        assert 0.87 < band(out[mine], outcome[mine]) < 0.93, a


def test_with_a_rate_of_zero_calibration_changes_nothing():
    values, outcome, row, asset = simulated(np.random.default_rng(10), np.full(100, 0.5))
    state = Conformal.fresh(8, 0.0, 0.0)
    np.testing.assert_allclose(calibrate(values, outcome, row, asset, state), values, rtol=1e-12)
    assert (state.factor == 0).all() and (state.own == 0).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_within_an_origin_does_not_matter(seed):
    values, outcome, row, asset = with_models(seed)
    shuffled = np.lexsort((np.random.default_rng(seed).random(len(row)), row))
    states = [Conformal.fresh(3, 0.3, 0.1) for _ in range(2)]
    straight = calibrate(values[0], outcome, row, asset, states[0])
    mixed = calibrate(values[0][shuffled], outcome[shuffled], row, asset[shuffled], states[1])
    np.testing.assert_allclose(mixed, straight[shuffled], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(states[0].own, states[1].own, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 29))
def test_live_use_issues_what_calibrate_would_have_issued_next(seed, n_past):
    """Learned up to an origin, outcomes unknown where they have not matured: `apply` gives that origin's forecast."""
    values, outcome, row, asset = with_models(seed)
    now = np.unique(row)[min(n_past, len(np.unique(row)) - 1)]
    past, here = row < now, row == now
    whole = calibrate(values[0], outcome, row, asset, Conformal.fresh(3, 0.3, 0.1))
    state = Conformal.fresh(3, 0.3, 0.1)
    known = np.where(unmatured(row, now), np.nan, outcome)
    calibrate(values[0][past], known[past], row[past], asset[past], state)
    np.testing.assert_allclose(state.apply(values[0][here], asset[here]), whole[here], rtol=1e-12)


def test_what_was_learned_is_the_misses_beyond_ten_percent_times_the_rate():
    """One origin, four assets, two misses: 0.05 · (2/4 − 0.1) for all, and for each what it missed beyond the mean."""
    state = Conformal.fresh(4, rate=0.05, own_rate=0.01)
    issued = np.broadcast_to(Z, (4, Q))
    state.learn(1, issued, np.array([0.0, 9.0, -9.0, 1.0]), np.arange(4))
    np.testing.assert_allclose(state.factor, [0, 0.05 * 0.4, 0, 0])
    np.testing.assert_allclose(state.own[:, 1], 0.01 * np.array([-0.5, 0.5, 0.5, -0.5]))
    assert (np.delete(state.own, 1, axis=1) == 0).all()


def test_an_outcome_that_is_not_known_teaches_nothing():
    state = Conformal.fresh(2)
    state.learn(0, np.broadcast_to(Z, (2, Q)), np.full(2, np.nan), np.arange(2))
    assert (state.factor == 0).all() and (state.own == 0).all()
    state.learn(0, np.broadcast_to(Z, (2, Q)), np.array([np.nan, 9.0]), np.arange(2))
    assert state.factor[0] == pytest.approx(0.05 * 0.9)
    assert state.own[0, 0] == 0


def test_no_forecast_is_widened_or_narrowed_beyond_the_limit():
    values = np.broadcast_to(Z, (1, H, Q))
    for factor in (-9.0, 9.0):
        state = Conformal(np.full(H, factor), np.zeros((1, H)))
        out = state.apply(values, np.zeros(1, dtype=np.int64))
        np.testing.assert_allclose(out, values * np.exp(np.sign(factor) * MAX_LOG_FACTOR))
