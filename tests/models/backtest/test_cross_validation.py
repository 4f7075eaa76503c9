"""Combinatorial purged cross-validation: what is chosen, on which days, and what of noise."""

from itertools import combinations

import numpy as np
import pytest

from models.backtest.luck.cross_validation import cross_validated


def test_every_path_has_every_day_once_and_each_test_is_chosen_without_its_neighbours():
    rng = np.random.default_rng(1)
    returns = rng.normal(0, 0.01, (120, 6))
    found = cross_validated(returns, groups=6, tested=2, purge=3)
    assert found.returns.shape == (5, 120) and np.isfinite(found.returns).all()
    group = np.arange(120) * 6 // 120
    for choice, test in zip(found.chosen, combinations(range(6), 2), strict=True):
        held_out = np.isin(group, test)
        near = np.array([held_out[max(0, t - 3) : t + 4].any() for t in range(120)])
        train = returns[~near]
        assert choice == np.argmax(train.mean(0) / train.std(0, ddof=1))
    # each day of each path is the return of what was chosen for a split that tests its group
    for path in found.returns:
        assert all(np.isin(path[t], returns[t]) for t in range(120))


def test_one_configuration_with_skill_is_chosen_on_every_path():
    returns = np.random.default_rng(2).normal(0, 0.01, (400, 8))
    returns[:, 5] += 0.004
    found = cross_validated(returns)
    assert (found.chosen == 5).all()
    np.testing.assert_allclose(found.returns, np.tile(returns[:, 5], (9, 1)))


def test_choosing_among_noise_earns_nothing_out_of_sample():
    rng = np.random.default_rng(3)
    middle = [np.median(cross_validated(rng.normal(0, 0.01, (300, 10))).sharpe) for _ in range(150)]
    assert abs(np.mean(middle)) < 3 * np.std(middle, ddof=1) / np.sqrt(150) + 0.01
    best = [rng.normal(0, 0.01, (300, 10)) for _ in range(150)]
    in_sample = np.mean([(r.mean(0) / r.std(0, ddof=1)).max() for r in best])
    assert in_sample > 0.07, "while the best in sample looks good"


def test_too_little_to_cross_validate_is_refused_with_the_figures():
    with pytest.raises(ValueError, match="40 days in 10 groups"):
        cross_validated(np.zeros((40, 3)))
    with pytest.raises(ValueError, match="got 1 configurations"):
        cross_validated(np.zeros((400, 1)))
