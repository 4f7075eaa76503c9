"""Diebold-Mariano and Clark-West against R, Julia's published values and statsmodels, and by simulation."""

import numpy as np
import pytest
from scipy import signal, stats

from models.evaluate.loss_tests import TestResult, clark_west, clark_west_gain, diebold_mariano, equal_loss_slow
from tests.kits.simulated import Array, ar1, is_nominal, rejections
from tests.models.conftest import Reference

ALTERNATIVE = {"two.sided": "two_sided", "less": "less", "greater": "greater"}
DRAWS = 2000


def julia_errors(published: Reference) -> tuple[Array, Array]:
    theirs = published.python["dm_published_julia"]
    return np.array(theirs["e_ets"]), np.array(theirs["e_arima"])


def check_cases(cases: list[dict], a: Array, b: Array) -> None:  # type: ignore[type-arg]
    assert len(cases) >= 12
    for case in cases:
        result = diebold_mariano(
            np.abs(a) ** case["power"], np.abs(b) ** case["power"], horizon=case["h"], kernel=case["varestimator"],
            alternative=ALTERNATIVE[case["alternative"]],  # type: ignore[arg-type]
        )  # fmt: skip
        assert case["h_used"] == case["h"]
        assert result.statistic == pytest.approx(case["stat"], abs=1e-9)
        assert result.p_value == pytest.approx(case["p"], abs=1e-9)


@pytest.mark.parametrize("pair", ["rw_m1", "rw_m2", "m1_m2"])
def test_diebold_mariano_of_model_pairs_agrees_with_r_to_1e_9(published: Reference, pair: str) -> None:
    columns = published.columns("forecasts.csv")
    a, b = (columns["actual"] - columns[name] for name in pair.split("_"))
    check_cases(published.r["dm_forecasts"][pair], a, b)


def test_diebold_mariano_at_horizon_ten_agrees_with_r_to_1e_9(published: Reference) -> None:
    check_cases(published.r["dm_julia_inputs"], *julia_errors(published))


@pytest.mark.parametrize(("key", "power", "horizon"), [("squared_h1", 2, 1), ("squared_h10", 2, 10), ("abs_h1", 1, 1)])
def test_diebold_mariano_gives_the_p_values_that_julia_publishes(
    published: Reference, key: str, power: int, horizon: int
) -> None:
    a, b = (np.abs(e) ** power for e in julia_errors(published))
    theirs = published.python["dm_published_julia"][key]
    for name, alternative in (("two", "two_sided"), ("right_greater", "greater"), ("left_less", "less")):
        result = diebold_mariano(a, b, horizon=horizon, alternative=alternative)  # type: ignore[arg-type]
        assert result.p_value == pytest.approx(theirs[name], abs=1e-4)


def test_diebold_mariano_gives_the_figures_of_the_r_documentation(published: Reference) -> None:
    inside, outside = (published.columns(f"dm_wwwusage_{x}_sample.csv") for x in ("in", "out"))
    result = diebold_mariano(inside["ets"] ** 2, inside["arima"] ** 2)
    assert (round(result.statistic, 4), round(result.p_value, 5)) == (1.9078, 0.05932)
    result = diebold_mariano(outside["ets"] ** 2, outside["arima"] ** 2)
    assert (round(result.statistic, 5), round(result.p_value, 4)) == (-0.14392, 0.8871)


def nested(published: Reference, model: str) -> tuple[Array, Array, Array]:
    columns = published.columns("forecasts.csv")
    actual, walk, larger = (columns[c] for c in ("actual", "rw", model))
    return actual - walk, actual - larger, walk - larger


@pytest.mark.parametrize("model", ["m1", "m2", "m3", "m4"])
def test_clark_west_agrees_with_r_and_statsmodels_to_1e_9(published: Reference, model: str) -> None:
    errors = nested(published, model)
    theirs_r, theirs = published.r["clark_west"][model], published.python["clark_west"][model]
    gain = clark_west_gain(*errors)
    assert gain.mean() == pytest.approx(theirs_r["mu"], abs=1e-12)
    assert gain.mean() == pytest.approx(theirs["f_mean"], abs=1e-12)
    assert gain.var(ddof=1) == pytest.approx(theirs_r["avar"], abs=1e-15)
    plain = clark_west(*errors)
    for value in (theirs_r["stat"], theirs["stat"]):
        assert plain.statistic == pytest.approx(value, abs=1e-9)
    for value in (theirs_r["p"], theirs["p_one_sided_normal"]):
        assert plain.p_value == pytest.approx(value, abs=1e-9)
    for lags in (1, 4):
        robust, expected = clark_west(*errors, lags=lags), theirs[f"hac_bartlett_L{lags}"]
        assert robust.statistic == pytest.approx(expected["stat"], abs=1e-9)
        assert robust.p_value == pytest.approx(expected["p_one_sided_normal"], abs=1e-9)


@pytest.mark.parametrize("lookahead", [1, 3])
def test_clark_west_gives_the_p_values_that_julia_publishes(published: Reference, lookahead: int) -> None:
    theirs = published.python["clark_west_published_julia"]
    e1, e2 = np.array(theirs["e1"]), np.array(theirs["e2"])
    result = clark_west(e1, e2, e2 - e1, lags=lookahead - 1, kernel="acf")
    divisor_n = np.sqrt(20 / 19) if lookahead == 1 else 1.0  # Julia divides by n without lags too
    statistic = result.statistic * divisor_n
    expected = theirs[f"lookahead{lookahead}"]
    assert stats.norm.sf(statistic) == pytest.approx(expected["p_right"], abs=theirs["atol"])
    assert 2 * stats.norm.sf(statistic) == pytest.approx(expected["p_two_sided"], abs=theirs["atol"])


@pytest.mark.parametrize("lags", [1, 3, 7])
def test_clark_west_with_hac_agrees_with_statsmodels(lags: int) -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(lags)
    e1, e2 = rng.standard_normal((2, 90)).cumsum(1)
    f = clark_west_gain(e1, e2, e2 - e1)
    fit = api.OLS(f, np.ones(90)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    assert clark_west(e1, e2, e2 - e1, lags=lags).statistic == pytest.approx(fit.tvalues[0], abs=1e-9)


def test_clark_west_falls_back_to_no_lags_where_the_rectangular_sum_is_not_positive() -> None:
    e1 = np.tile([1.0, -1.0], 20) + 1.5
    e2 = np.full(40, 0.5)
    plain = clark_west(e1, e2, e2 - e1)
    assert clark_west(e1, e2, e2 - e1, lags=1, kernel="acf") == plain
    assert clark_west(e1, e2, e2 - e1, lags=1).statistic > plain.statistic


def test_clark_west_of_a_model_that_is_the_walk_finds_nothing_and_needs_origins() -> None:
    e = np.arange(10.0)
    assert clark_west(e, e, 0 * e).p_value == 1.0
    with pytest.raises(ValueError, match="10 origins are too few"):
        clark_west(e, e, 0 * e, lags=8)


@pytest.mark.slow
def test_diebold_mariano_keeps_five_per_cent_with_independent_and_overlapping_losses() -> None:
    rng = np.random.default_rng(11)
    noise = rng.standard_normal((DRAWS, 201))
    none = np.zeros((DRAWS, 200))
    assert is_nominal(rejections(diebold_mariano, noise[:, 1:], none), DRAWS)
    overlapping = noise[:, 1:] + 0.5 * noise[:, :-1]
    assert is_nominal(rejections(diebold_mariano, overlapping, none, horizon=2), DRAWS)
    assert rejections(diebold_mariano, overlapping[:300] - 0.35, none[:300], horizon=2, alternative="less") > 0.8


def walk_errors(outcome: Array, forecast: Array) -> tuple[Array, Array, Array]:
    """Errors of a walk at zero and of `forecast`, and the difference of the two forecasts."""
    return outcome, outcome - forecast, -forecast


def test_clark_west_keeps_five_per_cent_and_finds_a_signal() -> None:
    rng = np.random.default_rng(12)
    y, forecast = rng.standard_normal((2, DRAWS, 200))
    assert is_nominal(rejections(clark_west, *walk_errors(y, 0.3 * forecast)), DRAWS)
    assert rejections(clark_west, *walk_errors(y[:300] + 0.25 * forecast[:300], 0.3 * forecast[:300])) > 0.8


def test_clark_west_with_the_lags_of_the_overlap_keeps_five_per_cent_where_none_reject_twice_as_often() -> None:
    rng = np.random.default_rng(13)
    shocks = rng.standard_normal((DRAWS, 403))
    four_ahead = sum(shocks[:, k : 400 + k] for k in range(4))
    errors = walk_errors(np.asarray(four_ahead), 0.3 * ar1(rng, 0.5, DRAWS, 400))
    assert is_nominal(rejections(clark_west, *errors, lags=3, kernel="acf"), DRAWS)
    assert rejections(clark_west, *errors) > 0.1
    forecast = ar1(rng, 0.5, 300, 400)
    signal = walk_errors(np.asarray(four_ahead)[:300] + 0.5 * forecast, 0.5 * forecast)
    assert rejections(clark_west, *signal, lags=3, kernel="acf") > 0.8


def test_clark_west_of_a_rolling_regression_without_signal_is_conservative() -> None:
    rng = np.random.default_rng(14)
    y, x = rng.standard_normal((2, DRAWS, 260))
    xy, xx = (np.cumsum(np.pad(v, ((0, 0), (1, 0))), 1) for v in (x * y, x * x))
    slope = (xy[:, 60:-1] - xy[:, :-61]) / (xx[:, 60:-1] - xx[:, :-61])
    share = rejections(clark_west, *walk_errors(y[:, 60:], slope * x[:, 60:]))
    assert 0.015 < share < 0.05


def test_the_test_for_slow_components_is_its_formula() -> None:
    rng = np.random.default_rng(11)
    a, b = rng.standard_normal(90) + 0.3, rng.standard_normal(90)
    d, n, cycles = a - b, 90, 4
    time = (np.arange(1, n + 1) - 0.5) / n
    weights = [np.sqrt(2 / n) * sum(d[t] * np.cos(np.pi * j * time[t]) for t in range(n)) for j in range(1, cycles + 1)]
    statistic = np.sqrt(n) * d.mean() / np.sqrt(np.mean(np.square(weights)))
    found = equal_loss_slow(a, b)
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.t(cycles).sf(abs(statistic)), rel=1e-12)
    assert equal_loss_slow(b, a).statistic == pytest.approx(-statistic, rel=1e-12)


def test_losses_that_differ_by_nothing_or_by_a_constant_alone_are_not_told_apart_and_few_are_refused() -> None:
    x = np.random.default_rng(12).standard_normal(60)
    assert equal_loss_slow(x, x) == TestResult(0.0, 1.0, 60)
    assert equal_loss_slow(x + 1, x).p_value == 1.0
    with pytest.raises(ValueError, match="15 origins are too few"):
        equal_loss_slow(x[:15], x[:15] + 1)


@pytest.mark.slow
@pytest.mark.parametrize("half_life", [3, 10])
def test_with_a_slow_component_of_six_per_cent_the_test_keeps_five_per_cent_where_lags_of_the_overlap_do_not(
    half_life,
) -> None:
    rng, n, runs = np.random.default_rng(13), 730, 4000
    carry = 0.5 ** (1 / half_life)
    shocks = np.sqrt(1 - carry**2) * rng.standard_normal((runs, n + 200))
    slow = signal.lfilter([1.0], [1.0, -carry], shocks, axis=1)[:, 200:]
    d = np.sqrt(0.94) * rng.standard_normal((runs, n)) + np.sqrt(0.06) * slow
    nothing = np.zeros(n)
    rejects = np.mean([equal_loss_slow(x, nothing).p_value < 0.05 for x in d])
    assert 0.04 < rejects < 0.065
    assert np.mean([diebold_mariano(x, nothing).p_value < 0.05 for x in d[:1000]]) > 0.08
    assert np.mean([equal_loss_slow(x + 0.25, nothing).p_value < 0.05 for x in d[:1000]]) > 0.8
