"""Impact: gaps and windows, placebo times, shape of moves, size, power and coverage by simulation."""

import numpy as np
import pytest

from benchmarks.impact.coverage import PER_DAY, simulate, summarise
from models.impact.comparison.compare import compare
from models.impact.measure.benchmarks import abnormal_returns
from models.impact.measure.events import Events, measurable
from models.impact.measure.paths import car, path_shape
from models.impact.significance.event_tests import window_columns
from models.impact.significance.overlap import mean_with_overlap, overlap_variance
from tests.conftest import random_bars


def _events(bars, n: int = 60, seed: int = 3) -> Events:
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.integers(1200, len(bars.close) - 80, n))
    events = Events(rng.integers(0, len(bars.assets), n), rows, np.zeros(n))
    keep = measurable(bars, events)
    return Events(events.asset[keep], events.row[keep], events.uncertainty_h[keep])


def test_the_move_is_measured_from_the_last_close_before_the_release_to_the_end_of_the_window():
    bars = random_bars(4000, gaps=False)
    events = _events(bars)
    mine = car(abnormal_returns(bars, events)["reference_walk"], 24)
    price = bars.close[events.row + 24, events.asset] / bars.close[events.row, events.asset]
    np.testing.assert_allclose(mine, np.log(price), atol=1e-12)


def test_a_planted_jump_is_found_with_its_time_peak_and_reversal():
    bars = random_bars(4000, gaps=False)
    events = Events(np.array([0]), np.array([3000]), np.zeros(1))
    for row, factor in ((3003, 1.3), (3010, 1 / 1.3)):
        for grid in (bars.open, bars.high, bars.low, bars.close):
            grid[row:, 0] *= factor
    found = path_shape(abnormal_returns(bars, events)["reference_walk"], 24)
    assert found.peak[0] == pytest.approx(np.log(1.3), abs=0.08)
    assert 3 <= found.to_peak_h[0] <= 9
    assert found.reversal[0] > 0.7
    assert found.half_life_h[0] == pytest.approx(10 - found.to_peak_h[0]), "half of it is gone at the tenth hour"


def test_prices_after_the_window_change_nothing_in_it():
    bars = random_bars(4000, gaps=False)
    events = _events(bars)
    before = {k: car(s, 24) for k, s in abnormal_returns(bars, events).items()}
    last = int(events.row.max()) + 25
    bars.close[last:] *= 2
    after = {k: car(s, 24) for k, s in abnormal_returns(bars, events).items()}
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, atol=1e-12)


def test_a_move_over_a_gap_is_no_part_of_the_window_and_a_gap_at_its_end_leaves_it_blank():
    bars = random_bars(4000, gaps=False)
    events = Events(np.array([1, 1]), np.array([3000, 3500]), np.zeros(2))
    bars.close[3005:, 1] *= 1000  # a redenomination while the market is halted
    for grid in (bars.open, bars.high, bars.low, bars.close):
        grid[3005:3008, 1] = np.nan
        grid[3504, 1] = np.nan
    study = abnormal_returns(bars, events)["reference_walk"]
    seen = np.log(bars.close[3004, 1] / bars.close[3000, 1]) + np.log(bars.close[3024, 1] / bars.close[3008, 1])
    np.testing.assert_allclose(car(study, 24)[0], seen)
    assert np.isnan(car(study, 4)[1]), "the window's last bar is missing"
    assert np.isfinite(car(study, 24)[1])


def test_the_overlap_variance_is_the_double_sum_it_stands_for():
    rng = np.random.default_rng(1)
    u, when = rng.standard_normal(80), np.sort(rng.uniform(0, 400, 80))
    kernel = np.maximum(0, 1 - np.abs(when[:, None] - when) / 24)
    assert overlap_variance(u, when, 24.0) == pytest.approx(u @ kernel @ u)
    together = np.repeat(when[:40], 2)
    kernel = np.maximum(0, 1 - np.abs(together[:, None] - together) / 24)
    assert overlap_variance(u, together, 24.0) == pytest.approx(u @ kernel @ u), "releases at the same hour"


def test_a_flood_of_releases_in_one_window_does_not_make_the_mean_look_certain():
    rng = np.random.default_rng(2)
    rejected = 0
    for _ in range(400):
        shock = np.repeat(rng.standard_normal(40), 10)  # ten releases share each day's shock
        when = np.repeat(np.arange(40) * 48.0, 10) + np.tile(np.arange(10) * 0.1, 40)
        outcome = mean_with_overlap(shock + 0.1 * rng.standard_normal(400), when, 24.0, test="x")
        rejected += outcome.p_value < 0.05
    assert 0.02 < rejected / 400 < 0.10


@pytest.mark.slow
def test_the_comparison_keeps_its_size_with_unequal_spread_and_finds_a_difference():
    rng = np.random.default_rng(5)

    def once(shift: float) -> float:
        a = np.zeros(120, dtype=bool)
        a[rng.choice(120, 30, replace=False)] = True
        x = rng.standard_t(4, 120) * np.where(a, 2.0, 1.0) + shift * a
        return compare(x, a, np.sort(rng.uniform(0, 20_000, 120)), 24.0, permutations=200).p_value

    assert 0.02 < np.mean([once(0.0) < 0.05 for _ in range(500)]) < 0.085
    assert np.mean([once(2.5) < 0.05 for _ in range(100)]) > 0.7


def test_a_comparison_with_too_few_releases_is_not_made():
    assert compare(np.arange(20.0), np.arange(20) < 4, np.arange(20.0), 24.0) is None


def test_window_columns_are_the_bars_after_the_base_up_to_the_window():
    study = abnormal_returns(random_bars(2000, gaps=False), Events(np.array([0]), np.array([1500]), np.zeros(1)))[
        "mean"
    ]
    assert study.offsets_h[window_columns(study, 4)].tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="does not end at a bar"):
        car(study, 0.25)


@pytest.mark.slow
def test_planted_effects_are_covered_and_nothing_is_found_where_nothing_was_planted():
    """Quick form of benchmarks/impact/coverage.py: 12 studies of each kind, bounds around 95 and 5 %."""
    out = summarise(
        [simulate(s, planted=True, per_day=PER_DAY) for s in range(12)],
        [simulate(50_000 + s, planted=False, per_day=PER_DAY) for s in range(12)],
    )
    for window, found in out.items():
        for name in ("coverage_mean_car", "coverage_excess", "coverage_difference"):
            assert found[name] >= 0.75, (name, window)
        for name in ("size_mean_car", "size_excess", "size_difference", "size_rank", "size_days"):
            assert found[name] <= 0.25, (name, window)
        assert found["found_excess"] == pytest.approx(found["planted_excess"], abs=0.2)
    assert out[4.0]["power_rank"] == out[8.0]["power_rank"] == 1.0
    assert out[24.0]["power_rank"] > 0.8 > out[24.0]["power_raw"], "residuals find what raw moves do not"
    assert out[4.0]["power_difference"] > 0.7
