"""Sharpe ratios under selection: against published numbers, Python and R references, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from models.backtest.luck.overfit import (
    Moments,
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_track_record,
    moments,
    overfitting_probability,
    probabilistic_sharpe,
    sharpe_confidence,
)
from tests.kits.simulated import is_nominal
from tests.models.conftest import Reference

SPLITS = [("pbo_returns", 4), ("pbo_returns", 8), ("pbo_noise", 4), ("pbo_noise", 8)]


def test_moments_psr_and_dsr_agree_with_the_reference_to_1e_9(published: Reference) -> None:
    theirs = published.python["sharpe"]
    panel = published.matrix("pbo_returns.csv")
    returns = published.columns("pbo_returns.csv")["s2"]
    m = moments(returns)
    assert (m.n, panel.shape[1]) == (theirs["T"], theirs["n_trials"])
    assert m.sharpe == pytest.approx(theirs["sharpe_per_period_ddof1"], abs=1e-9)
    assert m.skewness == pytest.approx(theirs["skew_biased"], abs=1e-9)
    assert m.kurtosis == pytest.approx(theirs["kurtosis_pearson_biased"], abs=1e-9)
    assert probabilistic_sharpe(returns, 0.0) == pytest.approx(theirs["psr_sr0_0"], abs=1e-9)
    trials = np.array([moments(column).sharpe for column in panel.T])
    assert trials.var(ddof=1) == pytest.approx(theirs["var_trial_sharpes_ddof1"], abs=1e-9)
    bar = expected_maximum_sharpe(8, theirs["var_trial_sharpes_ddof1"])
    assert bar == pytest.approx(theirs["expected_max_sharpe"], abs=1e-9)
    assert deflated_sharpe(returns, trials) == pytest.approx(theirs["dsr"], abs=1e-9)


def test_with_the_moments_of_purgedcv_psr_and_dsr_are_those_of_purgedcv(published: Reference) -> None:
    theirs = published.python["sharpe"]
    r = published.columns("pbo_returns.csv")["s2"]
    skewness, kurtosis = stats.skew(r, bias=False), stats.kurtosis(r, fisher=False, bias=False)
    m = Moments(float(r.mean() / r.std()), float(skewness), float(kurtosis), 160)
    assert sharpe_confidence(m, 0.0) == pytest.approx(theirs["purgedcv_psr"], abs=1e-9)
    bar = expected_maximum_sharpe(8, theirs["var_trial_sharpes_ddof1"])
    assert sharpe_confidence(m, bar) == pytest.approx(theirs["purgedcv_dsr"], abs=1e-9)


def test_psr_of_the_paper_of_2012_is_reproduced(published: Reference) -> None:
    theirs = published.python["sharpe_published"]["psr_bailey_lopezdeprado_2012"]
    m = Moments(theirs["sr"], theirs["skew"], theirs["kurt"], theirs["T"])
    assert sharpe_confidence(m, 0.0) == pytest.approx(theirs["psr"], abs=1e-9)


def test_dsr_of_the_paper_of_2014_is_reproduced(published: Reference) -> None:
    theirs = published.python["sharpe_published"]["dsr_bailey_lopezdeprado_2014"]
    sharpe, variance = theirs["sr_annual"] / np.sqrt(theirs["periods"]), theirs["var_sr_annual"] / theirs["periods"]
    m = Moments(sharpe, theirs["skew"], theirs["kurt"], theirs["T"])
    assert expected_maximum_sharpe(theirs["N"], 1.0) == pytest.approx(theirs["expected_max_z_N100"], abs=1e-9)
    assert sharpe_confidence(m, expected_maximum_sharpe(theirs["N"], variance)) == pytest.approx(
        theirs["dsr"], abs=1e-9
    )
    normal = Moments(sharpe, 0.0, 3.0, theirs["T"])
    for moments_, trials in ((m, 46), (normal, 88)):
        assert round(sharpe_confidence(moments_, expected_maximum_sharpe(trials, variance)), 4) == 0.9505


def test_minimum_track_records_of_the_papers_are_reproduced_and_invert_the_psr(published: Reference) -> None:
    cases = published.python["sharpe_published"]["minTRL"]
    assert len(cases) == 3
    for case in cases:
        m = Moments(case["sharpe"], case["skew"], case["kurt"], 0)
        periods = minimum_track_record(m, case["target"], case["prob"])
        assert periods == pytest.approx(case["min_trl_periods"], abs=1e-9)
        there = m._replace(n=periods)  # type: ignore[arg-type]
        assert sharpe_confidence(there, case["target"]) == pytest.approx(case["prob"], abs=1e-12)
    assert minimum_track_record(Moments(0.1, 0.0, 3.0, 50), 0.1) == float("inf")


@pytest.mark.parametrize(("panel", "groups"), SPLITS)
def test_pbo_agrees_with_the_python_references_to_1e_9(published: Reference, panel: str, groups: int) -> None:
    theirs = published.python["pbo"][f"{panel}_S{groups}"]
    mine = overfitting_probability(published.matrix(f"{panel}.csv"), groups)
    for key in ("pbo_paper_rank_over_Nplus1", "pbo_R_pkg_rank_over_N", "purgedcv"):
        assert mine.probability == pytest.approx(theirs[key], abs=1e-9)
    np.testing.assert_allclose(mine.logits, theirs["logits_in_combination_order"], atol=1e-9, rtol=0)


@pytest.mark.parametrize(("panel", "groups"), SPLITS)
def test_pbo_agrees_with_the_r_package_split_by_split(published: Reference, panel: str, groups: int) -> None:
    theirs = published.r["pbo"][panel][f"S{groups}"]
    mine = overfitting_probability(published.matrix(f"{panel}.csv"), groups)
    assert mine.probability == pytest.approx(theirs["phi"], abs=1e-9)
    assert len(mine.rank) == theirs["n_comb"]
    assert mine.rank.tolist() == theirs["os_rank"]
    assert (mine.chosen + 1).tolist() == theirs["n_star"]
    assert round(mine.loss, 3) == theirs["p_loss"]
    with np.errstate(divide="ignore"):
        over_n = np.log(mine.rank / (8 - mine.rank))
    np.testing.assert_allclose(np.minimum(over_n, 6), theirs["lambda"], atol=1e-9, rtol=0)


def test_the_expected_maximum_is_near_that_of_simulated_normals() -> None:
    rng = np.random.default_rng(41)
    for trials in (20, 100):
        simulated = rng.standard_normal((20_000, trials)).max(1).mean()
        assert expected_maximum_sharpe(trials, 1.0) == pytest.approx(simulated, rel=0.025)
    assert expected_maximum_sharpe(1, 1.0) == 0.0
    for trials, variance in ((0, 1.0), (5, -1.0)):
        with pytest.raises(ValueError, match=f"got {trials} trials and {variance}"):
            expected_maximum_sharpe(trials, variance)


@pytest.mark.slow
def test_psr_is_right_about_one_strategy_and_only_dsr_about_the_best_of_many() -> None:
    rng = np.random.default_rng(42)
    draws = 2000
    single = np.mean([probabilistic_sharpe(r, 0.05) > 0.95 for r in 0.05 + rng.standard_normal((draws, 250))])
    assert is_nominal(float(single), draws)
    psr, dsr, skilled = [], [], []
    for _ in range(300):
        panel = rng.standard_normal((250, 20))
        sharpes = panel.mean(0) / panel.std(0, ddof=1)
        best = panel[:, sharpes.argmax()]
        psr.append(probabilistic_sharpe(best, 0.0) > 0.95)
        dsr.append(deflated_sharpe(best, sharpes) > 0.95)
        panel[:, 0] += 0.4
        sharpes[0] = moments(panel[:, 0]).sharpe
        skilled.append(deflated_sharpe(panel[:, 0], sharpes) > 0.95)
    assert np.mean(psr) > 0.5
    assert np.mean(dsr) <= 0.05
    assert np.mean(skilled) > 0.8


def test_flat_returns_have_no_deflated_sharpe_either_way() -> None:
    assert deflated_sharpe(np.zeros(50), np.array([0.0, 0.1])) == 0.5
    assert deflated_sharpe(np.random.default_rng(1).standard_normal(50) + 1, np.array([1.0])) > 0.99


def test_pbo_is_a_half_on_noise_and_near_nothing_with_one_good_strategy() -> None:
    rng = np.random.default_rng(43)
    noise = [overfitting_probability(rng.standard_normal((120, 10)), 6).probability for _ in range(400)]
    assert abs(np.mean(noise) - 0.5) < 3 * np.std(noise) / np.sqrt(400)
    good = np.r_[0.4, np.zeros(9)]
    planted = [overfitting_probability(rng.standard_normal((120, 10)) + good, 6).probability for _ in range(100)]
    assert np.mean(planted) < 0.1


def test_pbo_takes_strategies_that_never_trade_and_leaves_out_the_oldest_rows() -> None:
    rng = np.random.default_rng(44)
    panel = rng.standard_normal((83, 5))
    panel[:, 3] = 0.0
    panel[:40, 4] = 0.0
    mine = overfitting_probability(panel, 4)
    assert mine.probability == overfitting_probability(panel[3:], 4).probability
    assert np.isfinite(mine.logits).all()
    for groups in (3, 0, 60):
        with pytest.raises(ValueError, match=f"got {groups} groups, 83 rows and 5 strategies"):
            overfitting_probability(panel, groups)
    with pytest.raises(ValueError, match="1 strategies"):
        overfitting_probability(panel[:, :1], 4)
