"""Tests of direction against rugarch and statsmodels, and by simulation."""

import numpy as np
import pytest

from models.evaluate.loss_tests import excess_predictability, hit_rate, pesaran_timmermann, sign_dependence_hac
from tests.kits.simulated import ar1, is_nominal, rejections
from tests.models.conftest import Reference

DRAWS = 2000


@pytest.mark.parametrize("model", ["m1", "m2", "m3", "m4"])
def test_tests_of_direction_agree_with_rugarch_to_1e_9(published: Reference, model: str) -> None:
    columns = published.columns("forecasts.csv")
    actual, forecast = columns["actual"], columns[model]
    for name, test in (("PT", pesaran_timmermann), ("AG", excess_predictability)):
        theirs = published.r["directional"][model][name]
        mine = test(actual, forecast)
        assert mine.statistic == pytest.approx(theirs["stat"], abs=1e-9)
        assert mine.p_value == pytest.approx(theirs["p"], abs=1e-9)
        assert hit_rate(actual, forecast) == pytest.approx(theirs["dir_acc"], abs=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 5])
def test_sign_dependence_hac_agrees_with_statsmodels(lags: int) -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(lags)
    outcome, forecast = ar1(rng, 0.6, 2, 150) + 0.2
    fit = api.OLS((outcome > 0).astype(float), api.add_constant((forecast > 0).astype(float))).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags}
    )
    mine = sign_dependence_hac(outcome, forecast, lags=lags)
    assert mine.statistic == pytest.approx(fit.tvalues[1], abs=1e-9)
    assert 2 * min(mine.p_value, 1 - mine.p_value) == pytest.approx(fit.pvalues[1], abs=1e-9)


def test_forecasts_of_one_sign_say_nothing_and_perfect_ones_everything() -> None:
    outcome = np.random.default_rng(1).standard_normal(50)
    for test in (pesaran_timmermann, excess_predictability):
        assert test(outcome, np.ones(50)).p_value == 1.0
        assert test(outcome, outcome).p_value < 1e-6
    assert sign_dependence_hac(outcome, np.ones(50), lags=2).p_value == 1.0
    assert sign_dependence_hac(np.ones(50), outcome, lags=2).p_value == 1.0
    assert sign_dependence_hac(outcome, outcome, lags=2).p_value == 0.0
    assert sign_dependence_hac(outcome, -outcome, lags=2).p_value == 1.0
    with pytest.raises(ValueError, match="50 origins are too few"):
        sign_dependence_hac(outcome, outcome, lags=48)


def test_tests_of_direction_keep_five_per_cent_where_forecasts_persist_and_returns_drift() -> None:
    rng = np.random.default_rng(21)
    returns = rng.standard_t(5, (DRAWS, 200)) + 0.1
    forecast = ar1(rng, 0.8, DRAWS, 200) + 0.3
    for test in (pesaran_timmermann, excess_predictability):
        assert is_nominal(rejections(test, returns, forecast), DRAWS)


def test_only_the_hac_test_of_direction_keeps_five_per_cent_where_outcomes_persist_too() -> None:
    rng = np.random.default_rng(22)
    outcome, forecast = ar1(rng, 0.5, DRAWS, 1000), ar1(rng, 0.5, DRAWS, 1000)
    assert is_nominal(rejections(sign_dependence_hac, outcome, forecast, lags=8), DRAWS)
    assert rejections(pesaran_timmermann, outcome, forecast) > 0.063
    assert rejections(excess_predictability, outcome, forecast) > 0.063


def test_tests_of_direction_find_a_forecast_with_a_correlation_of_a_quarter() -> None:
    rng = np.random.default_rng(23)
    forecast = ar1(rng, 0.5, 300, 400)
    outcome = 0.3 * forecast + ar1(rng, 0.5, 300, 400)
    for test, options in ((pesaran_timmermann, {}), (excess_predictability, {}), (sign_dependence_hac, {"lags": 8})):
        assert rejections(test, outcome, forecast, **options) > 0.8


def test_excess_predictability_sees_skill_on_the_large_moves_that_hit_rates_miss() -> None:
    rng = np.random.default_rng(24)
    returns = rng.standard_t(3, (300, 300))
    large = np.abs(returns) > 2
    forecast = np.where(large & (rng.random((300, 300)) < 0.8), returns, rng.standard_normal((300, 300)))
    ag, pt = (rejections(test, returns, forecast) for test in (excess_predictability, pesaran_timmermann))
    assert ag > 0.8
    assert ag > pt + 0.1
