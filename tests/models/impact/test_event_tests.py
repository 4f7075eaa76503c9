"""The tests of event studies against references: every statistic of two independent implementations, to 1e-9."""

import json
from functools import partial

import numpy as np
import polars as pl
import pytest

from models.impact.measure.benchmarks import AbnormalReturns, market_model, mean_model, parameterless_model
from models.impact.significance.classic import (
    bmp,
    brown_warner_1980,
    brown_warner_1985,
    cross_sectional_t,
    generalised_sign,
    kp_bmp,
    kp_patell,
    patell,
    sign,
    wilcoxon_w,
)
from models.impact.significance.dependence import event_pairs
from models.impact.significance.event_tests import prediction_error
from models.impact.significance.ranks import corrado, corrado_sign, grank, row_ranks, scaled_ranks_and_signs

OFFSETS = np.arange(-5, 6).astype(float)
WINDOWS = {"0,0": (0, 0), "0,1": (0, 1), "-1,1": (-1, 1), "-5,5": (-5, 5)}
DATES = {w: f"2023-07-{20 + a}..2023-07-{20 + b}" for w, (a, b) in WINDOWS.items()}
KEYS = {
    "market": ("market", "sim"),
    "market_adjusted": ("market_adjusted", "mrkt_adj"),
    "mean": ("mean_adjusted", "mean_adj"),
}
N = 8
near = partial(pytest.approx, abs=1e-9)
same = partial(np.testing.assert_allclose, atol=1e-9, rtol=0)


@pytest.fixture(scope="module")
def case(reference):
    """Studies of all benchmarks on the reference prices, what a derivation and what a package in R make of them."""
    folder = reference / "eventstudy"
    prices = pl.read_csv(folder / "prices.csv")
    assets = pl.read_csv(folder / "events_common.csv")["asset"].to_list()
    day = prices["date"].to_list().index("2023-07-20") - 1
    returns = {c: np.diff(np.log(prices[c].to_numpy())) for c in prices.columns if c != "date"}
    spans = (slice(day - 130, day - 10), slice(day - 5, day + 6))
    est, evt = (np.array([returns[a][s] for a in assets]) for s in spans)
    m_est, m_evt = (np.tile(returns["MKT"][s], (N, 1)) for s in spans)
    made = {
        "market": market_model(est, evt, m_est, m_evt, OFFSETS),
        "market_adjusted": parameterless_model("market_adjusted", est - m_est, evt - m_evt, OFFSETS),
        "mean": mean_model(est, evt, OFFSETS),
    }
    own, package = (
        json.loads((folder / name).read_text()) for name in ("expected_common.json", "expected_estudy2_common.json")
    )
    return made, own["common"], package


def sar(study: AbnormalReturns, *, forecast_error: bool = True) -> np.ndarray:
    """Standardised abnormal return of each bar, [N, E]."""
    return study.ar / (study.residual_sigma[:, None] * (study.correction if forecast_error else 1.0))


def chosen(window: str) -> np.ndarray:
    first, last = WINDOWS[window]
    return (first <= OFFSETS) & (last >= OFFSETS)


def n_estimation(study: AbnormalReturns) -> np.ndarray:
    return np.isfinite(study.estimation).sum(1)


@pytest.mark.parametrize("benchmark", KEYS)
def test_abnormal_returns_and_their_simplest_tests_agree_with_both_for_every_benchmark(case, benchmark):
    made, own, package = case
    study, theirs, r = made[benchmark], own[KEYS[benchmark][0]], package[KEYS[benchmark][1]]
    same(study.ar, list(theirs["ar"].values()))
    same(study.ar, list(r["ar"].values()))
    same(study.ar.mean(0), theirs["aar"])
    same(np.cumsum(study.ar.mean(0)), theirs["caar_cum"])
    t = [cross_sectional_t(column).statistic for column in study.ar.T]
    same(t, theirs["t_cross"])
    same(t, r["parametric"]["t_test_stat"])
    over_time = [brown_warner_1985(c, study.estimation.mean(0), 1).statistic for c in study.ar.T]
    same(over_time, theirs["bw1985"])
    same(over_time, r["parametric"]["bw_1985_stat"])


def test_sigmas_and_forecast_errors_of_the_market_model_agree_with_the_reference(case):
    made, own, _ = case
    study = made["market"]
    same(study.residual_sigma, own["market"]["sigma"])
    same(study.residual_sigma[:, None] * study.correction, own["market"]["fec_sigma"])


def test_every_daily_parametric_statistic_agrees_with_both(case):
    made, own, package = case
    study, theirs, r = made["market"], own["market"], package["sim"]["parametric"]
    z, plain, n = sar(study), sar(study, forecast_error=False), n_estimation(study)
    rbar = event_pairs(study.estimation, np.zeros(N, dtype=np.int64), 1).mean(np.ones(N, dtype=bool), 1)
    assert rbar == near(theirs["rbar"])
    assert kp_bmp(bmp(z[:, 0]), rbar).statistic / bmp(z[:, 0]).statistic == near(theirs["kp_factor_bmp"])
    assert kp_patell(patell(z[:, 0], n), rbar).statistic / patell(z[:, 0], n).statistic == near(
        theirs["kp_factor_patell"]
    )
    plain_sd = study.estimation.std(axis=1, ddof=1)  # what this statistic is given there: n − 1 below
    same([brown_warner_1980(c, plain_sd, 1).statistic for c in study.ar.T], theirs["bw1980"])
    of_patell = np.array([patell(c, n).statistic for c in z.T])
    same(of_patell, theirs["patell_z"])
    wider = np.sqrt((n[0] - 1) / (n[0] - 2))  # a sigma with n − 1 below is smaller by this
    same(of_patell * wider, theirs["patell_z_sd_nminus1"])
    same(of_patell * wider, r["pt_stat"])
    same([kp_patell(patell(c, n), rbar).statistic for c in z.T], theirs["kp_patell_z"])
    same([bmp(c).statistic for c in z.T], theirs["bmp_t"])
    same([bmp(c).statistic for c in z.T], r["bh_stat"])
    same([bmp(c).statistic for c in plain.T], theirs["bmp_t_no_fec"])
    same([kp_bmp(bmp(c), rbar).statistic for c in z.T], theirs["kp_bmp_t"])
    same([kp_bmp(bmp(c), rbar).statistic for c in plain.T], theirs["kp_bmp_t_no_fec"])
    lamb = [brown_warner_1985(c, study.estimation.mean(0), 1).statistic for c in (study.ar / study.correction).T]
    same(lamb, r["lmb_stat"])


@pytest.mark.parametrize("benchmark", KEYS)
def test_daily_statistics_of_the_package_agree_for_every_benchmark(case, benchmark):
    made, _, package = case
    study, r = made[benchmark], package[KEYS[benchmark][1]]
    with_n_minus_1 = study.estimation.std(axis=1, ddof=1)  # the package's sigma
    same([brown_warner_1980(c, with_n_minus_1, 1).statistic for c in study.ar.T], r["parametric"]["bw_1980_stat"])
    both = np.hstack([study.estimation, study.ar])
    ranks, signs = (x.mean(0) for x in scaled_ranks_and_signs(both))
    share = float((study.estimation > 0).mean())
    theirs = r["nonparametric"]
    same([sign(c).statistic for c in study.ar.T], theirs["sign_stat"])
    same([generalised_sign(c, share).statistic for c in study.ar.T], theirs["gsign_stat"])
    same([wilcoxon_w(c) for c in study.ar.T], theirs["wlcx_stat"])
    day = np.eye(both.shape[1], dtype=bool)[-len(OFFSETS) :]
    same([corrado(ranks, d, N).statistic for d in day], theirs["rank_stat"])
    same([corrado(ranks, d, N).statistic for d in day], theirs["mrank_stat"])
    same([corrado_sign(signs, d, N).statistic for d in day], theirs["csign_stat"])


def test_every_daily_nonparametric_statistic_agrees_with_the_reference(case):
    made, own, _ = case
    study, theirs = made["market"], own["market"]
    share = float((study.estimation > 0).mean())
    assert share == near(theirs["p_hat"])
    same((study.ar > 0).sum(0), theirs["n_pos"])
    same([sign(c).statistic for c in study.ar.T], theirs["sign_z"])
    same([generalised_sign(c, share).statistic for c in study.ar.T], theirs["gsign_z"])
    same([wilcoxon_w(c) for c in study.ar.T], theirs["wilcoxon_wplus"])
    ranks = scaled_ranks_and_signs(np.hstack([study.estimation, study.ar]))[0].mean(0)
    same(ranks[-len(OFFSETS) :], theirs["mean_rank_dev"])
    day = np.eye(len(ranks), dtype=bool)[-len(OFFSETS) :]
    same([corrado(ranks, d, N).statistic for d in day], theirs["corrado_z"])


@pytest.mark.parametrize("window", WINDOWS)
def test_every_statistic_of_a_window_agrees_with_the_reference(case, window):
    made, own, _ = case
    study, theirs, columns = made["market"], own["market"]["car"][window], chosen(window)
    n, length = n_estimation(study), int(columns.sum())
    car = study.ar[:, columns].sum(1)
    scar = car / prediction_error(study, columns[None])[:, 0]
    summed, no_fec = sar(study)[:, columns].sum(1), sar(study, forecast_error=False)[:, columns].sum(1)
    rbar = own["market"]["rbar"]
    same(car, theirs["car"])
    assert car.mean() == near(theirs["caar"])
    same(scar, theirs["scar"])
    same(scar, theirs["car_t_prediction_error"])
    same(car / (study.residual_sigma * np.sqrt(length)), theirs["car_t_plain"])
    found = {
        "t_cross": cross_sectional_t(car), "bw1985": brown_warner_1985(car, study.estimation.mean(0), length),
        "patell_z_scar": patell(scar, n), "kp_patell_z_scar": kp_patell(patell(scar, n), rbar),
        "patell_z_sum_sar": patell(summed / np.sqrt(length), n),
        "bmp_t_scar": bmp(scar), "bmp_t_sum_sar": bmp(summed), "bmp_t_sum_sar_no_fec": bmp(no_fec),
        "kp_bmp_t_scar": kp_bmp(bmp(scar), rbar), "kp_bmp_t_sum_sar_no_fec": kp_bmp(bmp(no_fec), rbar),
        "sign_z": sign(car), "gsign_z": generalised_sign(car, own["market"]["p_hat"]),
    }  # fmt: skip
    both = np.hstack([study.estimation, study.ar])
    bars = np.concatenate([np.zeros(study.estimation.shape[1], dtype=bool), columns])
    found["corrado_cowan_z"] = corrado(scaled_ranks_and_signs(both)[0].mean(0), bars, N)
    kept = np.concatenate([np.ones(study.estimation.shape[1], dtype=bool), columns])
    found["corrado_cowan_z_est_plus_car_window"] = corrado(
        scaled_ranks_and_signs(both[:, kept])[0].mean(0), bars[kept], N
    )
    gsar = study.estimation / study.residual_sigma[:, None]
    found["grank_t"], found["grank_z"] = grank(scar, gsar, row_ranks(gsar))
    for name, outcome in found.items():
        assert outcome.statistic == near(theirs[name]), name
    assert found["grank_t"].p_value == near(theirs["grank_t_p"])
    assert (car > 0).sum() == theirs["n_pos"]
    told = {*found, "car", "caar", "scar", "car_t_prediction_error", "car_t_plain", "grank_t_p", "grank_t_df", "n_pos"}
    assert set(theirs) == told, "a statistic of the reference that nothing here is held against"


@pytest.mark.parametrize("benchmark", KEYS)
@pytest.mark.parametrize("window", WINDOWS)
def test_the_statistics_of_a_window_agree_with_the_package(case, window, benchmark):
    made, _, package = case
    study, columns = made[benchmark], chosen(window)
    theirs = package[KEYS[benchmark][1]]["car"][DATES[window]]
    car, length = study.ar[:, columns].sum(1), int(columns.sum())
    mean_residual = study.estimation.mean(0)
    assert car.mean() / length == near(theirs["car_bw_1985"]["car_mean"])
    assert brown_warner_1985(car, mean_residual, length).statistic == near(theirs["car_bw_1985"]["statistic"])
    if "car_lamb" in theirs:
        corrected = (study.ar / study.correction)[:, columns].sum(1)
        assert brown_warner_1985(corrected, mean_residual, length).statistic == near(theirs["car_lamb"]["statistic"])
    kept = np.hstack([study.estimation, study.ar[:, columns]])
    bars = np.arange(kept.shape[1]) >= study.estimation.shape[1]
    assert corrado(scaled_ranks_and_signs(kept)[0].mean(0), bars, N).statistic == near(theirs["car_rank"]["statistic"])
