"""Comparisons done in other ways, traits of releases, sentences by rule, activity, and what each may look at."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from models.impact.comparison.checks import cluster_bootstrap, matched, mislabelled, placebo_labels, soft_labels
from models.impact.comparison.compare import compare
from models.impact.comparison.groups import NO_CAPS, realised_comparisons, release_traits, with_comparison_q_values
from models.impact.findings.conclusions import conclusions
from models.impact.measure.activity import abnormal_volatility, abnormal_volume
from models.impact.measure.benchmarks import abnormal_returns
from models.impact.measure.events import Design, Events
from models.impact.measure.paths import car
from models.impact.sample import build_sample, overlapping
from models.impact.significance.event_tests import prepare
from models.impact.significance.outcome import Outcome, interval
from models.impact.study import ImpactStudy
from tests.conftest import random_bars


def labelled(rng: np.random.Generator, shift: float, n: int = 160):
    """Values of two groups, a third of them in the first, at times far apart; the first moved by `shift`."""
    a = np.zeros(n, dtype=bool)
    a[rng.choice(n, n // 3, replace=False)] = True
    return rng.standard_normal(n) + shift * a, a, np.sort(rng.uniform(0, 24 * 3 * n, n))


@pytest.mark.slow
def test_the_cluster_bootstrap_keeps_its_size_with_shocks_that_days_share_and_finds_a_difference():
    rng = np.random.default_rng(1)

    def once(shift: float) -> float:
        day = np.repeat(np.arange(60), 4)
        a = np.repeat(rng.random(60) < 0.4, 4)  # a whole day is of one group: the hardest case
        x = np.repeat(rng.standard_normal(60), 4) + 0.5 * rng.standard_normal(240) + shift * a
        return cluster_bootstrap(x, a, day * 24.0 + np.tile([1, 5, 9, 13], 60), 4.0).p_value

    low, high = stats.binom(200, 0.05).ppf([0.001, 0.999]) / 200
    assert low <= np.mean([once(0.0) < 0.05 for _ in range(200)]) <= high + 0.03
    assert np.mean([once(1.5) < 0.05 for _ in range(30)]) > 0.9


@pytest.mark.slow
def test_the_cluster_bootstrap_interval_covers_a_planted_difference():
    rng = np.random.default_rng(2)
    found = [cluster_bootstrap(*labelled(rng, 0.7), 24.0) for _ in range(200)]
    assert 0.88 <= np.mean([f.low <= 0.7 <= f.high for f in found]) <= 0.99


def test_the_cluster_bootstrap_with_few_days_is_refused():
    x, a, _ = labelled(np.random.default_rng(3), 0.0)
    assert cluster_bootstrap(x, a, np.arange(160) % 10 * 24.0, 24.0) is None


def test_matching_takes_out_what_goes_with_the_group_and_leaves_what_does_not():
    rng = np.random.default_rng(4)
    sizes, covered = [], []
    for _ in range(80):
        n = 300
        trait = rng.standard_normal(n)
        a = rng.random(n) < 1 / (1 + np.exp(-1.5 * trait))  # the first group is larger in the trait
        x = 2.0 * trait + 0.5 * a + 0.3 * rng.standard_normal(n)  # and so would seem to move more by far
        when = np.sort(rng.uniform(0, 40_000, n))
        found = matched(x, a, when, 24.0, np.zeros(n, dtype=np.int64), trait[:, None])
        sizes.append(found.difference)
        covered.append(found.low <= 0.5 <= found.high)
    assert np.mean(sizes) == pytest.approx(0.5, abs=0.15)
    raw = float(np.mean([x[a].mean() - x[~a].mean()]))
    assert raw > 1.5
    assert np.mean(covered) > 0.75


def test_wrong_labels_shrink_a_difference_by_what_they_should():
    x, a, when = labelled(np.random.default_rng(5), 3.0, n=400)
    found = mislabelled(x, a, when, 24.0)
    pure = (
        a.mean() * 0.9 / (a.mean() * 0.9 + (1 - a.mean()) * 0.1),
        (1 - a.mean()) * 0.9 / ((1 - a.mean()) * 0.9 + a.mean() * 0.1),
    )
    honest = x[a].mean() - x[~a].mean()
    assert found.difference == pytest.approx(honest * (sum(pure) - 1), rel=0.03)
    assert found.low < found.difference < found.high < honest
    assert found.p_value < 0.05


def test_labels_dealt_by_lot_make_no_difference():
    x, a, when = labelled(np.random.default_rng(6), 2.0)
    found = placebo_labels(x, a, when, 24.0)
    assert abs(found.difference) < 0.1
    assert found.low < 0 < found.high
    assert found.high < compare(x, a, when, 24.0, permutations=200).difference


def test_soft_labels_find_what_goes_with_the_probability_and_keep_their_size_without():
    rng = np.random.default_rng(7)

    def once(slope: float):
        p = rng.beta(0.5, 0.8, 200)
        return soft_labels(slope * p + rng.standard_normal(200), p, np.sort(rng.uniform(0, 20_000, 200)), 24.0)

    assert np.mean([once(0.0).p_value < 0.05 for _ in range(200)]) < 0.1
    strong = once(3.0)
    assert strong.p_value < 0.01
    assert strong.low > 0
    x, _, when = labelled(rng, 0.0)
    assert soft_labels(x, np.full(160, 0.5), when, 24.0) is None, "probabilities that are all alike say nothing"
    assert soft_labels(x, np.full(160, np.nan), when, 24.0) is None


def test_power_and_the_detectable_effect_belong_together():
    found = interval("mean_car", 0.01, 0.004, 50)
    assert found.power(found.detectable) == pytest.approx(0.8, abs=0.001)
    assert found.power(0.0) == pytest.approx(0.05, abs=0.001)
    assert Outcome("sign", None, None, None, 1.0, 0.3, 9).power(1.0) is None


def _releases(bars, n: int = 90, seed: int = 5) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    moment = bars.close_ts[np.sort(rng.integers(1200, len(bars.close) - 90, n))].astype("datetime64[us]")
    return pl.DataFrame({
        "doc_id": [f"d{i}" for i in range(n)], "asset": [bars.assets[i] for i in rng.integers(0, len(bars.assets), n)],
        "event_ts": moment, "available_ts": moment, "release_group": rng.choice(["real", "generated"], n),
        "is_late_stamp": False, "is_recommended": True, "kind": rng.choice(["listing", "hack"], n),
        "machine_probability": rng.random(n),
    }).with_columns(pl.col("event_ts", "available_ts").dt.replace_time_zone("UTC"))  # fmt: skip


def test_every_way_to_compare_is_gone_and_false_discoveries_are_counted():
    bars = random_bars(5000)
    study = ImpactStudy(build_sample(_releases(bars, 300), bars), (4.0, 24.0), None)
    rows = with_comparison_q_values(realised_comparisons(study, release_traits(study, NO_CAPS)))
    whole = rows.filter(
        pl.col("slice_by") == "all", pl.col("window_h") == 24, pl.col("quantity") == "excess_move"
    )  # fmt: skip
    assert set(whole["method"]) == {
        "permutation", "ranks", "cluster_bootstrap", "matched", "mislabelled_10", "placebo_labels", "soft_labels"
    }  # fmt: skip
    assert set(rows["slice_by"]) >= {"all", "kind", "hour"}
    assert (rows["q_value"] >= rows["p_value"] - 1e-12).all()
    key = ["study_id", "answer", "quantity", "group_a", "group_b", "window_h", "slice_by", "slice", "method"]
    assert not rows.select(key).is_duplicated().any()


def test_traits_of_a_release_know_nothing_of_what_comes_after_its_base_close():
    bars = random_bars(5000, gaps=False)
    releases = _releases(bars)
    known = release_traits(study := ImpactStudy(build_sample(releases, bars), (4.0,), None), NO_CAPS)
    last = int(study.sample.events.row.max())
    for grid in (bars.open, bars.high, bars.low, bars.close, bars.volume):
        grid[last + 1 :] *= 3.0
    again = release_traits(ImpactStudy(build_sample(releases, bars), (4.0,), None), NO_CAPS)
    np.testing.assert_allclose(again.covariates, known.covariates)
    assert all((again.slices[k] == v).all() for k, v in known.slices.items())


def test_a_capitalisation_counts_from_when_it_was_known():
    bars = random_bars(3000, gaps=False)
    at = bars.close_ts[2000].astype("datetime64[us]").item()
    many = [f"X{i}" for i in range(8)]
    caps = pl.DataFrame(
        {"asset": [*bars.assets, *many][:8], "available_ts": [at] * 8, "market_cap_usd": np.arange(1.0, 9.0)}
    ).with_columns(pl.col("available_ts").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    from models.impact.comparison.groups import _caps_at

    found = _caps_at(bars.close_ts[[1999, 2000]], caps, bars.assets)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_overlapping_releases_are_those_of_the_asset_less_than_a_window_away():
    events = Events(np.array([0, 0, 0, 1]), np.array([100, 110, 124, 101]), np.zeros(4))
    assert overlapping(events, events, 24).tolist() == [1, 2, 1, 0]
    assert overlapping(events, events, 25).tolist() == [2, 2, 2, 0]


def test_volume_and_volatility_that_multiply_after_a_release_show_by_their_logarithm():
    bars = random_bars(3000, gaps=False)
    bars.volume[:] = 5.0
    events = Events(np.array([0, 1]), np.array([2000, 2000]), np.zeros(2))
    assert abnormal_volume(bars, events, 4.0) == pytest.approx([0.0, 0.0])
    bars.volume[2001:2005, 0] *= 4
    assert abnormal_volume(bars, events, 4.0) == pytest.approx([np.log(4), 0.0])
    before = abnormal_volatility(bars, events, 4.0)
    middle = np.sqrt(bars.high[2001:2005, 0] * bars.low[2001:2005, 0])
    bars.high[2001:2005, 0], bars.low[2001:2005, 0] = (
        middle * (bars.high[2001:2005, 0] / middle) ** 2,
        middle * (bars.low[2001:2005, 0] / middle) ** 2,
    )
    assert abnormal_volatility(bars, events, 4.0) - before == pytest.approx([np.log(2), 0.0])
    bars.volume[2002, 1] = np.nan
    assert np.isnan(abnormal_volume(bars, events, 4.0)[1]), "a window with a hole has no volume"


def test_releases_that_cannot_be_measured_are_counted_with_the_rule_that_leaves_them_out():
    bars = random_bars(3000, gaps=False)
    bars.close[2500:2600, 1] = np.nan
    moment = [bars.close_ts[r].astype("datetime64[us]").item() for r in (100, 2000, 2550, 2999)]
    frame = pl.DataFrame({
        "doc_id": list("abcde"), "asset": [*(bars.assets[i] for i in (0, 0, 1, 0)), "NONE"],
        "event_ts": [*moment, moment[1]], "release_group": "real", "is_late_stamp": False, "is_recommended": True,
    }).with_columns(pl.col("event_ts").dt.replace_time_zone("UTC"))  # fmt: skip
    chosen = build_sample(frame.with_columns(available_ts=pl.col("event_ts") + pl.duration(minutes=90)), bars)
    assert chosen.left_out == {
        "asset has no candles": 1,
        "before the candles begin": 1,
        "after the candles end": 1,
        "no price at the base close": 1,
    }
    rows = ImpactStudy(chosen, (1.0, 4.0), None).coverage_rows()
    told = {(r["window_h"], r["reason"]): r["n_releases"] for r in rows.to_dicts()}
    assert told[1.0, "time less certain than the window"] == 1
    assert told[4.0, "measured"] == 1


def _response(group: str = "real", verdict: str = "moves", **values):
    row = {"study_id": "1h", "release_group": group, "slice_by": "all", "slice": "all", "n_releases": 80,
           "verdict": verdict, "onset_h": 1.0, "peak_h": 4.0, "peak_excess": 0.4, "peak_low": 0.2, "peak_high": 0.6,
           "peak_q": 0.001, "peak_statistic": 5.0, "detectable": 0.3, "last_h": 24.0, "before_h": -4.0,
           "before_excess": 0.02, "before_q": 0.6, "first_h": 4.0, "until_h": 24.0, "given_back": 0.7,
           "given_back_low": 0.5, "given_back_high": 0.9, "given_back_usual": 0.0, "given_back_q": 0.001,
           "half_life_h": 6.0}  # fmt: skip
    return row | values


NO_TESTS = pl.DataFrame(schema={"study_id": pl.String, "release_group": pl.String, "window_h": pl.Float64,
                                "base": pl.String, "benchmark": pl.String, "test": pl.String})  # fmt: skip
NO_COMPARISONS = pl.DataFrame(schema={"study_id": pl.String, "group_a": pl.String, "group_b": pl.String,
                                      "window_h": pl.Float64, "slice_by": pl.String, "quantity": pl.String,
                                      "method": pl.String, "p_value": pl.Float64})  # fmt: skip


def _said(*rows, compared=NO_COMPARISONS, tests=NO_TESTS, simulated: bool = False) -> str:
    return " ".join(conclusions(pl.DataFrame(list(rows)), tests, compared, "1h", simulated=simulated))


def test_sentences_say_when_a_response_begins_where_it_is_surest_and_what_comes_back():
    said = _said(_response())
    assert said.startswith("Surest finding: after real releases prices moved 0.40 sigma further")
    assert "most surely within 4 h of the first close after the stamp: beyond chance" in said
    assert "It shows from 1 h after the stamp on and is last seen at 24 h." in said
    assert "a part comes back within 24 h: 70 % of the first 4 h (95 % interval 50 to 90, q = 0.001); half is" in said
    assert "Without labels of who wrote what, generated and real releases cannot be told apart here." in said
    assert "cannot be told: 10 % of the first 4 h" in _said(_response(given_back=0.1, given_back_q=0.4))
    assert "went on in the same direction: by 30 %" in _said(_response(given_back=-0.3))


def test_where_nothing_survives_the_first_sentence_says_so_with_what_would_have_been_found():
    said = _said(_response(verdict="nothing found", onset_h=None, last_h=None))
    assert said.startswith("No movement of prices after any group of releases survives the count of all windows")
    assert "the smallest excess that would have been found with 80 % power is 0.30 sigma" in said
    assert "comes back" not in said
    untested = _said(_response(verdict="not tested", n_releases=8))
    assert untested.startswith("Nothing was tested: no group has releases on 20 days")
    assert "Real releases are 8: what is said of them rests on few events." in untested
    alone = {"alone_k": 5, "alone_n": 8, "alone_h": 4.0}
    counted = _said(_response(verdict="not tested", n_releases=8, **alone, alone_p=0.0001))
    assert "5 of 8 on days of their own moved further within 4 h than at 95 % of their like times" in counted
    assert "(p < .001): beyond chance" in counted
    assert "no more than chance may give" in _said(_response(verdict="not tested", **alone, alone_p=0.3))


def test_sentences_say_whether_a_move_stays_beside_other_assets_in_the_same_hours():
    row = {"study_id": "1h", "release_group": "real", "window_h": 4.0, "base": "first_close_after",
           "benchmark": "residual", "test": "stacked", "estimate": 0.3, "low": 0.1, "high": 0.5}  # fmt: skip
    said = _said(_response(), tests=pl.DataFrame([row]))
    assert "Beyond what other assets did at the same time the move after real releases is +0.30 sigma" in said
    assert "(95 % interval +0.10 to +0.50): no matter of the hour." in said
    assert "read it with care" in _said(_response(), tests=pl.DataFrame([row | {"low": -0.1}]))


def test_news_that_follows_prices_is_told_apart_from_news_that_moves_them():
    before = {"before_excess": 0.5, "before_q": 0.001}
    assert "follow prices: they moved +0.50 sigma beyond chance in the 4 h before" in _said(
        _response(verdict="follows", **before)
    )
    assert "the release or the move came first cannot be told" in _said(_response(verdict="at the stamp"))
    assert "They had moved as much before" in _said(_response(verdict="as much before", **before))


def test_sentences_say_when_checks_do_not_agree_and_how_fabrications_are_known():
    pair = _response("generated − real", "differs", peak_excess=-0.5, peak_low=-0.9, peak_high=-0.1, peak_q=0.01)
    method = {"study_id": "1h", "group_a": "generated", "group_b": "real", "window_h": 4.0, "slice_by": "all",
              "quantity": "excess_move"}  # fmt: skip
    rows = pl.DataFrame([
        method | {"method": "permutation", "p_value": 0.01}, method | {"method": "cluster_bootstrap", "p_value": 0.02},
        method | {"method": "matched", "p_value": 0.4},
    ])  # fmt: skip
    groups = (_response(), _response("fabricated"), _response("generated"))
    said = _said(*groups, pair, compared=rows)
    assert "Generated against real: prices move less far, -0.50 sigma within 4 h" in said
    assert "It holds with days drawn whole." in said
    assert "It does not hold with matched on asset" in said
    alone = rows.with_columns(p_value=pl.when(pl.col("method") == "permutation").then(0.01).otherwise(0.4))
    assert "nothing can be concluded" in _said(*groups, pair, compared=alone)
    assert "because they were noticed" in said
    assert "because they were noticed" not in _said(*groups, pair, compared=rows, simulated=True)


def test_a_study_of_nothing_says_so():
    assert "no group has the five measured releases" in _said(_response("all"))


def test_groups_that_lie_on_few_days_are_not_compared():
    rng = np.random.default_rng(8)
    day = np.concatenate([np.repeat([3, 9, 40, 77], 5), np.arange(200)])
    a, when = np.arange(220) < 20, day * 24.0 + 1
    x = rng.standard_normal(220)
    assert compare(x, a, when, 24.0) is None, "the shocks of four days cannot be told from a label"
    assert cluster_bootstrap(x, a, when, 24.0) is None


def test_values_that_do_not_vary_make_no_difference():
    a = np.arange(60) % 2 == 0
    assert compare(np.zeros(60), a, np.arange(60) * 24.0, 24.0) is None


def test_a_move_is_blank_where_the_index_is_missing_on_its_way():
    bars = random_bars(2000, gaps=False)
    events = Events(np.array([0]), np.array([1500]), np.zeros(1))
    index = np.repeat(np.diff(np.log(bars.close[:, [1]]), axis=0, prepend=np.nan), 3, axis=1)
    index[1501] = np.nan
    found = abnormal_returns(bars, events, index=index)
    assert np.isfinite(car(found["reference_walk"], 24.0)).all()
    assert np.isnan(car(found["market"], 24.0)).all(), "not a move of 0 with the jump left out"


def test_a_weekend_is_saturday_and_sunday():
    bars = random_bars(3000, gaps=False)
    releases = _releases(bars, 200)
    study = ImpactStudy(build_sample(releases, bars), (4.0,), None)
    closes = pl.Series(bars.close_ts[study.sample.events.row].astype("datetime64[us]"))
    np.testing.assert_array_equal(
        release_traits(study, NO_CAPS).covariates[:, 4] == 1, (closes.dt.weekday() >= 6).to_numpy()
    )


def test_a_window_longer_than_the_estimation_or_the_grid_is_measured_where_it_can_be():
    bars = random_bars(300, gaps=False)
    events = Events(np.array([0, 1, 2]), np.array([150, 160, 170]), np.zeros(3))
    study = abnormal_returns(bars, events, Design(estimation_h=20, gap_h=1, before_h=1, after_h=40))["market"]
    assert np.isfinite(prepare(study, (40.0,), events.row).car).all()
    assert np.isnan(abnormal_volume(bars, events, 400.0)).all()


def test_a_grid_on_which_no_release_can_be_measured_counts_them_all_the_same():
    bars = random_bars(100, gaps=False)
    moment = bars.close_ts[[50]].astype("datetime64[us]")
    frame = pl.DataFrame({"doc_id": ["a"], "asset": [bars.assets[0]], "event_ts": moment, "available_ts": moment})
    chosen = build_sample(frame.with_columns(pl.col("event_ts", "available_ts").dt.replace_time_zone("UTC")), bars)
    assert len(chosen.events) == 0
    rows = chosen.unmeasured_rows((0.25, 1.0, 24.0, 100.0)).rows()
    assert rows == [("1h", w, "before the candles begin", 1) for w in (1.0, 24.0)]
