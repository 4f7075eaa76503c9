"""Scores and tests against independent values, and by simulation: size under the null, power with an effect."""

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from domain.errors import NotEnoughDataError
from features.volatility import volatility_scale
from models.evaluate.loss_tests import clark_west, diebold_mariano, pesaran_timmermann
from models.evaluate.table import score_table
from models.evaluate.walk_forward import Forecasts, folds
from models.forecast.baselines.walks import fit_walk, horizon_sigma, targets
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from models.quantiles.scores import block_bootstrap_ratio, coverage, crps, pinball
from tests.conftest import random_bars

ALTERNATIVE = {"two.sided": "two_sided", "less": "less", "greater": "greater"}


@pytest.fixture(scope="module")
def expected(reference):
    folder = reference / "forecast_eval"
    return (
        folder,
        json.loads((folder / "expected_R.json").read_text()),
        json.loads((folder / "expected_python.json").read_text()),
    )


@pytest.mark.parametrize(
    ("key", "file", "columns"),
    [("dm_wwwusage_in", "dm_wwwusage_in_sample.csv", ("ets", "arima")),
     ("dm_wwwusage_out", "dm_wwwusage_out_sample.csv", ("ets", "arima")), ("dm_h5", "dm_errors_h5.csv", ("e1", "e2"))],
)  # fmt: skip
def test_diebold_mariano_agrees_with_the_reference_to_1e_9(expected, key, file, columns):
    folder, theirs, _ = expected
    errors = pl.read_csv(folder / file)
    assert len(theirs[key]) >= 12
    for case in theirs[key]:
        a, b = (np.abs(errors[c].to_numpy()) ** case["power"] for c in columns)
        mine = diebold_mariano(
            a, b, horizon=case["h"], kernel=case["varestimator"], alternative=ALTERNATIVE[case["alternative"]]
        )
        assert mine.statistic == pytest.approx(case["stat"], abs=1e-9)
        assert mine.p_value == pytest.approx(case["p"], abs=1e-9)


@pytest.mark.parametrize("model", ["m1", "m2", "m3", "m4"])
def test_clark_west_and_pesaran_timmermann_agree_with_the_reference_to_1e_9(expected, model):
    folder, theirs, _ = expected
    frame = pl.read_csv(folder / "forecasts.csv")
    actual, walk, mine = (frame[c].to_numpy() for c in ("actual", "rw", model))
    cw = clark_west(actual - walk, actual - mine, walk - mine)
    assert cw.statistic == pytest.approx(theirs["clark_west"][model]["stat"], abs=1e-9)
    assert cw.p_value == pytest.approx(theirs["clark_west"][model]["p"], abs=1e-9)
    pt = pesaran_timmermann(actual, mine)
    assert pt.statistic == pytest.approx(theirs["directional"][model]["PT"]["stat"], abs=1e-9)
    assert pt.p_value == pytest.approx(theirs["directional"][model]["PT"]["p"], abs=1e-9)


def test_pinball_and_crps_agree_with_the_reference_to_1e_9(expected):
    folder, _, theirs = expected
    frame = pl.read_csv(folder / "quantiles.csv")
    names = ["q05", "q10", "q25", "q50", "q75", "q90", "q95"]
    levels = np.array([0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95])
    q, y = frame.select(names).to_numpy(), frame["obs"].to_numpy()
    loss = pinball(q, y, levels)
    for i, name in enumerate(names):
        assert loss[:, i].mean() == pytest.approx(theirs["pinball"]["per_quantile_mean_utilsforecast"][name], abs=1e-9)
    per_row = theirs["crps"]["from_quantiles_scoringrules_crps_quantile"]
    np.testing.assert_allclose(2 * loss.mean(1), per_row, atol=1e-9)


def test_the_crps_of_many_levels_approaches_that_of_the_normal_distribution():
    from scipy import stats

    levels = np.arange(1, 1000) / 1000
    q = stats.norm.ppf(levels)
    y = np.array([-1.3, 0.0, 0.7])
    exact = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    np.testing.assert_allclose(crps(np.tile(q, (3, 1)), y, levels), exact, rtol=0.01)
    with pytest.raises(ValueError, match="evenly spaced"):
        crps(q[None], y[:1], levels**2)


def test_coverage_counts_known_outcomes_only():
    assert coverage(np.zeros(4), np.ones(4), np.array([0.5, 2.0, np.nan, 1.0])) == pytest.approx(2 / 3)


@pytest.mark.slow
def test_diebold_mariano_keeps_its_size_under_the_null_and_finds_a_real_difference():
    rng = np.random.default_rng(3)

    def losses(shift: float) -> float:
        noise = rng.standard_normal(202)
        d = noise[1:-1] + 0.5 * noise[:-2]  # an MA(1): horizon 2 in spacings of origins
        return diebold_mariano(d + shift, np.zeros(200), horizon=2).p_value

    null = np.mean([losses(0.0) < 0.05 for _ in range(2000)])
    power = np.mean([losses(-0.35) < 0.05 for _ in range(300)])
    assert 0.03 < null < 0.075
    assert power > 0.8


def test_the_block_bootstrap_covers_the_true_ratio():
    rng = np.random.default_rng(4)
    hits = 0
    for i in range(150):
        common = rng.standard_normal(400).cumsum() * 0.02
        a, b = (np.exp(common + 0.3 * rng.standard_normal(400)) for _ in range(2))
        low, high = block_bootstrap_ratio(0.97 * a, b, block=10, draws=300, seed=i)
        hits += low <= 0.97 <= high
    assert 0.88 <= hits / 150 <= 0.99


def test_folds_purge_and_embargo_and_no_test_target_reaches_beyond_the_grid():
    parts = folds(10_000, test_rows=2000, n_folds=4, embargo=24)
    assert all(f.test_start - f.train_end == 24 for f in parts)
    assert all(a.test_end == b.test_start for a, b in pairwise(parts))
    assert parts[-1].test_end + max(HORIZONS_H) <= 10_000
    with pytest.raises(NotEnoughDataError, match="do not fit"):
        folds(100, test_rows=200, n_folds=1, embargo=24)


def _walks(bars):
    level = volatility_scale(bars)
    y, sigma = targets(np.log(bars.close)), horizon_sigma(level)
    n = len(bars.close_ts)
    pairs = np.array([(a, t) for t in range(n - 1000, n - 24, 12) for a in range(len(bars.assets))])
    fits = {"reference_walk": "reference", "walk_plain": "plain", "walk_drift": "drift"}
    values = {name: fit_walk(kind, y, sigma, n - 1050).forecast(pairs) for name, kind in fits.items()}
    return Forecasts(pairs, y[pairs[:, 1], pairs[:, 0]], values)


def test_the_score_table_has_every_model_horizon_and_asset_and_the_walk_covers_what_it_should():
    bars = random_bars(5000, gaps=False)
    table = score_table(_walks(bars), bars.assets, bars.close_ts)
    assert set(table["asset"]) == {"ALL", *bars.assets}
    assert set(table["horizon_h"]) == {0, *HORIZONS_H}
    reference = table.filter(pl.col("model_name") == "reference_walk", pl.col("asset") == "ALL")
    assert reference.filter(pl.col("metric") == "coverage_90")["value"].is_between(0.82, 0.96).all()
    assert reference.filter(pl.col("metric") == "crps_skill").is_empty(), "the reference has no skill over itself"
    pit = reference.filter(pl.col("metric").str.starts_with("pit_"), pl.col("horizon_h") == 1)
    assert pit["value"].sum() == pytest.approx(1.0)


def test_a_forecast_that_knows_the_truth_has_skill_and_one_that_is_too_wide_has_none():
    bars = random_bars(5000, gaps=False)
    f = _walks(bars)
    width = f.values["reference_walk"]
    f.values["oracle"] = f.outcome[..., None] + 0.1 * width
    f.values["wide"] = 3 * width
    table = score_table(f, bars.assets, bars.close_ts).filter(pl.col("asset") == "ALL", pl.col("horizon_h") == 0)
    rows = {r["model_name"]: r for r in table.filter(pl.col("metric") == "crps_skill").to_dicts()}
    assert rows["oracle"]["low"] > 0.5
    assert rows["wide"]["high"] < 0


def test_what_differs_from_the_walk_by_rounding_alone_is_the_walk_and_no_claim_is_made_of_it():
    bars = random_bars(5000, gaps=False)
    f = _walks(bars)
    f.values["single"] = f.values["reference_walk"].astype(np.float32).astype(np.float64)
    rows = score_table(f, bars.assets, bars.close_ts).filter(pl.col("model_name") == "single")
    assert (rows.filter(pl.col("metric") == "crps_skill").select("value", "low", "high").to_numpy() == 0).all()
    assert (rows.filter(pl.col("metric") == "dm_hln")["p_value"] == 1).all()


def test_the_confidence_set_is_made_from_fifty_blocks_on_and_holds_the_best_model():
    bars = random_bars(12_000, gaps=False)
    level = volatility_scale(bars)
    y, sigma = targets(np.log(bars.close)), horizon_sigma(level)
    few, many = (np.array([(a, t) for t in range(3000, 3000 + 12 * n, 12) for a in range(3)]) for n in (699, 700))
    for pairs, expected in ((few, 0), (many, 1)):
        values = {kind: fit_walk(kind, y, sigma, 2900).forecast(pairs) for kind in ("reference", "plain", "drift")}
        values["reference_walk"] = values.pop("reference")
        made = Forecasts(pairs, y[pairs[:, 1], pairs[:, 0]], values)
        table = score_table(made, bars.assets, bars.close_ts).filter(pl.col("horizon_h") == 24)
        best = table.filter(pl.col("metric") == "confidence_set", pl.col("value") == 1)
        assert min(len(best), 1) == expected


def test_the_interval_of_coverage_is_wider_where_assets_are_missed_together():
    rng = np.random.default_rng(1)
    pairs = np.array([(a, t) for t in range(0, 9600, 24) for a in range(4)])
    together, apart = rng.standard_normal((400, 1)) * np.ones((1, 4)), rng.standard_normal((400, 4))
    band = np.broadcast_to(norm.ppf(LEVELS), (1600, 4, len(LEVELS)))
    width = []
    for y in (together, apart):
        made = Forecasts(pairs, np.repeat(y.ravel()[:, None], 4, 1), {"reference_walk": band})
        ts = np.datetime64("2024-01-01", "s") + np.arange(9700) * np.timedelta64(3600, "s")
        table = score_table(made, ("A", "B", "C", "D"), ts)
        row = table.filter(pl.col("metric") == "coverage_90", pl.col("asset") == "ALL", pl.col("horizon_h") == 4)
        assert row["low"][0] < 0.9 < row["high"][0]
        width.append(row["high"][0] - row["low"][0])
    assert 1.4 < width[0] / width[1] < 2.8, "four assets that move as one are one"


def test_walk_quantiles_are_symmetric_centred_on_zero_and_ordered():
    bars = random_bars(4000)
    level = volatility_scale(bars)
    walk = fit_walk("reference", targets(np.log(bars.close)), horizon_sigma(level), 3900)
    np.testing.assert_allclose(walk.quantiles, -walk.quantiles[..., ::-1], atol=1e-12)
    assert (np.diff(walk.quantiles, axis=2) >= 0).all()
    assert walk.quantiles.shape == (3, len(HORIZONS_H), len(LEVELS))


def test_an_asset_without_history_takes_the_pooled_quantiles():
    bars = random_bars(4000)
    bars.close[:3990, 0] = np.nan
    level = volatility_scale(bars)
    walk = fit_walk("reference", targets(np.log(bars.close)), horizon_sigma(level), 3900)
    assert np.isfinite(walk.quantiles).all()
    assert 0.5 < walk.quantiles[0, 0, -3] / walk.quantiles[1, 0, -3] < 2
