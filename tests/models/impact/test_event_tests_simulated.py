"""Size and power of the tests by simulation (the quick form of benchmarks/impact/event_tests.py), edges of the core."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.impact.event_tests import CONDITIONS, ROBUST_TESTS, SHIFT, count
from models.impact.measure.benchmarks import abnormal_returns, market_model
from models.impact.measure.events import Design, Events, exclusion_reasons
from models.impact.significance.classic import shifted_t, wilcoxon
from models.impact.significance.dependence import MAX_PAIRS, event_pairs
from models.impact.significance.event_tests import TESTS, event_tests, prepare, window_cars
from models.impact.significance.ranks import row_ranks, scaled_ranks_and_signs
from models.impact.significance.resampling import MIN_CLUSTERS, clustered_bootstrap
from tests.conftest import random_bars

REPLICATIONS = 100


def rejected(condition: str, shift: float = 0.0) -> dict[str, float]:
    at = next(i for i, c in enumerate(CONDITIONS) if c.name == condition)
    hits, made = count((at, 0, REPLICATIONS, shift))
    return {t: hits[t] / made[t] for t in made}


@pytest.fixture(scope="module")
def size():
    return {c.name: rejected(c.name) for c in CONDITIONS}


@pytest.mark.slow
def test_every_test_keeps_its_size_where_all_assumptions_hold(size):
    low, high = stats.binom(REPLICATIONS, 0.05).ppf([0.0005, 0.9995]) / REPLICATIONS
    assert set(size["well-behaved"]) == set(TESTS)
    for test, share in size["well-behaved"].items():
        assert low <= share <= high + 0.01, test


@pytest.mark.slow
def test_the_tests_that_the_report_prefers_stand_in_every_condition_that_they_are_made_in(size):
    high = stats.binom(REPLICATIONS, 0.05).ppf(0.9995) / REPLICATIONS
    for condition, of in size.items():
        for test in ROBUST_TESTS:
            assert of.get(test, 0.0) <= high, (condition, test)
    assert "clustered_bootstrap" not in size["one date"], "one date is one cluster: refused"


@pytest.mark.slow
def test_known_failures_fail_as_the_literature_says(size):
    assert size["induced variance"]["patell"] > 0.14 > size["induced variance"]["bmp"]
    assert size["one date"]["bmp"] > 0.5 > size["one date"]["kp_bmp"]
    assert size["clustered dates"]["cross_sectional_t"] > size["clustered dates"]["brown_warner_1985"]
    assert size["skewed"]["sign"] > 0.1


def test_a_planted_shift_is_found():
    power = rejected("well-behaved", SHIFT)
    assert all(share > 0.3 for share in power.values())
    assert all(power[t] > 0.65 for t in ROBUST_TESTS)


def test_ranks_average_ties_and_leave_gaps_out():
    x = np.array([[3.0, 1.0, np.nan, 3.0], [2.0, 2.0, 2.0, 2.0], [np.nan] * 4])
    np.testing.assert_array_equal(row_ranks(x), [[2.5, 1, 0, 2.5], [2.5] * 4, [0] * 4])
    ranks, signs = scaled_ranks_and_signs(x)
    np.testing.assert_allclose(ranks[0], [2.5 / 4 - 0.5, 1 / 4 - 0.5, 0, 2.5 / 4 - 0.5])
    np.testing.assert_array_equal(signs, [[0, -1, 0, 0], [0] * 4, [0] * 4])


def test_the_correlation_of_many_events_at_one_row_is_that_of_all_their_pairs():
    rng = np.random.default_rng(4)
    common = rng.standard_normal((1, 60))
    residual = 0.5 * common + rng.standard_normal((700, 60))
    row = np.zeros(700, dtype=np.int64)
    everyone = np.ones(700, dtype=bool)
    assert MAX_PAIRS < 700 * 699 / 2, "so that the pairs are summed, not listed"
    whole = np.corrcoef(residual)
    expected = (whole.sum() - 700) / (700 * 699)
    assert event_pairs(residual, row, 1).mean(everyone, 1) == pytest.approx(expected, abs=1e-12)
    few = np.arange(700) < 50
    expected = (whole[:50, :50].sum() - 50) / (50 * 49)
    assert event_pairs(residual[:50], row[:50], 1).mean(np.ones(50, dtype=bool), 1) == pytest.approx(
        expected, abs=1e-12
    )
    assert event_pairs(residual, row, 1).mean(few, 1) == pytest.approx(expected, abs=1e-12)


def test_events_that_overlap_in_part_count_their_correlation_at_equal_moments_in_that_part():
    rng = np.random.default_rng(6)
    shock = rng.standard_normal(610)
    residual = np.stack([shock[:600], shock[6:606]])  # the same shocks, six bars apart
    found = event_pairs(residual, np.array([0, 6]), 24).mean(np.ones(2, dtype=bool), 24)
    assert found == pytest.approx(1 - 6 / 24, abs=0.02)
    assert event_pairs(residual, np.array([0, 30]), 24).mean(np.ones(2, dtype=bool), 24) == 0.0


def test_tests_of_a_part_of_the_events_are_those_of_a_study_of_that_part_alone():
    bars = random_bars(3000)
    rng = np.random.default_rng(3)
    row = np.sort(rng.integers(900, 2900, 60))
    events = Events(rng.integers(0, len(bars.assets), 60), row, np.zeros(60))
    events = events.where(exclusion_reasons(bars, events, Design()) < 0)
    part = np.arange(len(events)) % 3 == 0
    when = bars.close_ts[events.row].astype(np.float64) / 3600
    whole = prepare(abnormal_returns(bars, events)["market"], (4.0, 24.0), events.row)
    alone = prepare(abnormal_returns(bars, events.where(part))["market"], (4.0, 24.0), events.row[part])
    mine = event_tests(whole, [part], when)[0]
    theirs = event_tests(alone, [np.ones(int(part.sum()), dtype=bool)], when[part])[0]
    for a, b in zip(mine, theirs, strict=True):
        assert [o.test for o in a] == [o.test for o in b]
        for x, y in zip(a, b, strict=True):
            assert x.statistic == pytest.approx(y.statistic, abs=1e-10), x.test
            assert x.p_value == pytest.approx(y.p_value, abs=1e-10), x.test


def test_the_window_before_a_release_is_the_move_up_to_its_base_close():
    bars = random_bars(3000, gaps=False)
    events = Events(np.array([0, 1]), np.array([1500, 1600]), np.zeros(2))
    before = window_cars(abnormal_returns(bars, events)["reference_walk"], (-24.0, -4.0))
    for i, (asset, row) in enumerate(zip(events.asset, events.row, strict=True)):
        for j, hours in enumerate((24, 4)):
            expected = np.log(bars.close[row, asset] / bars.close[row - hours, asset])
            assert before[i, j] == pytest.approx(expected, abs=1e-12)


def test_a_test_of_nothing_that_varies_claims_nothing():
    flat = np.zeros((8, 30))
    study = market_model(flat, flat[:, :5], flat, flat[:, :5], np.arange(1.0, 6.0))
    made = prepare(study, (5.0,), np.arange(8) * 100)
    assert event_tests(made, [np.ones(8, dtype=bool)], np.arange(8) * 100.0)[0][0] == []
    assert wilcoxon(np.zeros(6)).p_value == 1.0
    assert shifted_t(np.ones(6), np.zeros((6, 31)), 20).p_value == 1.0, "one window fits into the span: nothing to hold"


def test_a_clustered_bootstrap_with_few_clusters_is_refused():
    values = np.random.default_rng(1).standard_normal((40, 1))
    assert clustered_bootstrap(values, np.arange(40) % (MIN_CLUSTERS - 1)) == [None]
    assert clustered_bootstrap(values, np.arange(40) % MIN_CLUSTERS)[0] is not None


def test_a_design_that_is_no_whole_number_of_bars_or_too_short_is_refused():
    bars = random_bars(300)
    with pytest.raises(ValueError, match="no whole number of 1h bars"):
        Design(gap_h=0.5).rows(bars)
    with pytest.raises(ValueError, match="at least 10 are needed"):
        Design(estimation_h=9).rows(bars)
