"""CRPS of ensembles and normal forecasts, quantile losses: against scoringrules and others, and by hand."""

import numpy as np
import polars as pl
import pytest

from models.quantiles.scores import (
    crps,
    crps_ensemble,
    crps_normal,
    mase,
    multi_quantile_loss,
    pinball,
    weighted_quantile_loss,
)
from tests.models.conftest import Reference

LEVELS = np.array([0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95])


@pytest.mark.parametrize(
    ("estimator", "peers"),
    [
        ("nrg", ["nrg_scoringrules", "int_scoringrules", "qd_scoringrules", "properscoring"]),
        ("fair", ["fair_scoringrules", "pwm_scoringrules"]),
        ("akr", ["akr_scoringrules"]),
        ("akr_circperm", ["akr_circperm_scoringrules"]),
    ],
)
def test_the_crps_of_an_ensemble_agrees_with_the_reference_to_1e_9(published: Reference, estimator, peers) -> None:  # type: ignore[no-untyped-def]
    table = published.matrix("ensemble.csv")
    mine = crps_ensemble(table[:, 1:], table[:, 0], estimator)
    for peer in peers:
        np.testing.assert_allclose(mine, published.python["crps"][f"ensemble_{peer}"], atol=1e-9, rtol=0)


def test_the_estimators_are_those_of_their_pairs_written_out() -> None:
    rng = np.random.default_rng(1)
    members, y = rng.standard_normal((5, 2, 8)), rng.standard_normal((5, 2))
    apart = np.abs(members[..., :, None] - members[..., None, :]).sum((-1, -2)) / 2
    off = np.abs(members - y[..., None]).mean(-1)
    np.testing.assert_allclose(crps_ensemble(members, y, "nrg"), off - apart / 64)
    np.testing.assert_allclose(crps_ensemble(members, y), off - apart / 56)
    np.testing.assert_allclose(crps_ensemble(members[..., :1], y, "nrg"), off * 0 + np.abs(members[..., 0] - y))


def test_the_fair_crps_of_few_members_is_on_average_that_of_the_distribution() -> None:
    rng = np.random.default_rng(2)
    y = np.full(20_000, 0.7)
    members = rng.standard_normal((20_000, 4))
    exact = float(crps_normal(np.array(0.0), np.array(1.0), np.array(0.7)))
    for estimator, bias in (("fair", 0.0), ("akr", 0.0), ("akr_circperm", 0.0), ("nrg", 1 / np.sqrt(np.pi) / 4)):
        score = crps_ensemble(members, y, estimator)  # type: ignore[arg-type]
        assert score.mean() - bias == pytest.approx(exact, abs=4 * score.std() / np.sqrt(20_000))


def test_an_ensemble_too_small_or_an_estimator_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="needs two"):
        crps_ensemble(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="got 'kernel'"):
        crps_ensemble(np.zeros((3, 2)), np.zeros(3), "kernel")  # type: ignore[arg-type]


def test_the_crps_of_a_normal_forecast_agrees_with_the_reference_to_1e_9(published: Reference) -> None:
    for case in published.python["crps"]["normal"]:
        mine = crps_normal(*(np.array(float(case[k])) for k in ("mu", "sigma", "obs")))
        assert mine == pytest.approx(case["properscoring"], abs=1e-9)
        assert mine == pytest.approx(case["scoringrules"], abs=1e-9)


def test_a_normal_forecast_without_spread_is_refused() -> None:
    for deviation in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="must be positive"):
            crps_normal(np.zeros(1), np.array([deviation]), np.zeros(1))


def test_quantile_losses_agree_with_the_reference_to_1e_9(published: Reference) -> None:
    table = published.matrix("quantiles.csv")
    y, q, theirs = table[:, 0], table[:, 1:], published.python["pinball"]
    assert multi_quantile_loss(q, y, LEVELS) == pytest.approx(theirs["mqloss"], abs=1e-9)
    weighted = weighted_quantile_loss(q, y, LEVELS)
    np.testing.assert_allclose(weighted, theirs["wql_per_quantile_formula"], atol=1e-9, rtol=0)
    assert weighted.mean() == pytest.approx(theirs["scaled_crps(=mean WQL)"], abs=1e-9)
    per_level = list(theirs["per_quantile_mean_utilsforecast"].values())
    np.testing.assert_allclose(pinball(q, y, LEVELS).mean(0), per_level, atol=1e-9, rtol=0)
    per_row = published.python["crps"]["from_quantiles_scoringrules_crps_quantile"]
    np.testing.assert_allclose(2 * pinball(q, y, LEVELS).mean(-1), per_row, atol=1e-9, rtol=0)


def test_pinball_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import mean_pinball_loss

    rng = np.random.default_rng(3)
    y, q = rng.standard_normal(40), rng.standard_normal((40, len(LEVELS)))
    theirs = [mean_pinball_loss(y, q[:, i], alpha=level) for i, level in enumerate(LEVELS)]
    np.testing.assert_allclose(pinball(q, y, LEVELS).mean(0), theirs, atol=1e-12)


def test_the_mean_weighted_quantile_loss_is_the_crps_over_the_size_of_the_outcomes() -> None:
    rng = np.random.default_rng(4)
    y, q, even = rng.standard_normal((6, 5)), np.sort(rng.standard_normal((6, 5, 9))), np.arange(1, 10) / 10
    expected = crps(q, y, even).sum() / np.abs(y).sum()
    assert weighted_quantile_loss(q, y, even).mean() == pytest.approx(expected)
    with pytest.raises(ValueError, match="every outcome is zero"):
        weighted_quantile_loss(q, 0 * y, even)


@pytest.mark.parametrize("name", ["s1", "s2"])
@pytest.mark.parametrize("season", [1, 7])
def test_mase_and_the_errors_behind_it_agree_with_r_and_python_to_1e_9(published: Reference, name, season) -> None:  # type: ignore[no-untyped-def]
    part = pl.read_csv(published.folder / "mase.csv").filter(pl.col("unique_id") == name)
    history = part.filter(pl.col("yhat").is_null())["y"].to_numpy()
    y, forecast = part.drop_nulls()["y"].to_numpy(), part.drop_nulls()["yhat"].to_numpy()
    theirs = published.r["mase"][name][f"season{season}"]
    mine = mase(y, forecast, history, season)
    assert mine == pytest.approx(theirs["MASE"], abs=1e-9)
    assert mine == pytest.approx(published.python["mase"][f"season{season}"][name], abs=1e-9)
    assert mine * theirs["scale"] == pytest.approx(theirs["MAE"], abs=1e-9)
    assert np.abs(y - forecast).mean() / mine == pytest.approx(theirs["scale"], abs=1e-9)
    assert np.sqrt(((y - forecast) ** 2).mean()) == pytest.approx(theirs["RMSE"], abs=1e-9)
