"""AUROC and true positives against an independent implementation; intervals that hold what they should."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from models.text.detection.accuracy import auroc, auroc_interval, true_positives, true_positives_interval


def drawn(seed: int, n: int = 300, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    return y, rng.standard_normal(n) + effect * y


@pytest.mark.parametrize("digits", [1, 12])
def test_the_area_is_that_of_scikit_learn_with_ties_and_without(digits):
    y, p = drawn(1)
    p = p.round(digits)
    assert auroc(y, p) == pytest.approx(roc_auc_score(y, p), abs=1e-12)


def test_true_positives_are_counted_where_no_more_than_one_per_cent_of_the_others_are_flagged():
    y, p = drawn(2, 2000, 2.0)
    false, true, _ = roc_curve(y, p, drop_intermediate=False)
    assert true_positives(y, p) == pytest.approx(true[false <= 0.01].max(), abs=2 / y.sum())


@pytest.mark.slow
def test_the_interval_holds_the_true_area_in_about_95_of_100_samples():
    truth = norm.cdf(1 / np.sqrt(2))
    held = []
    for seed in range(80):
        y, p = drawn(seed)
        low, high = auroc_interval(y, p, np.arange(len(y)).astype(str), draws=200)
        held.append(low <= truth <= high)
    assert 0.89 <= np.mean(held) <= 0.99


def test_texts_of_a_group_are_drawn_together():
    y, p = drawn(3, 100)
    one = auroc_interval(y, p, np.arange(100).astype(str))
    doubled = auroc_interval(np.tile(y, 2), np.tile(p, 2), np.tile(np.arange(100), 2).astype(str))
    apart = auroc_interval(np.tile(y, 2), np.tile(p, 2), np.arange(200).astype(str))
    assert doubled[1] - doubled[0] == pytest.approx(one[1] - one[0], rel=0.15)
    assert apart[1] - apart[0] < 0.85 * (doubled[1] - doubled[0])


def test_the_interval_of_what_is_found_holds_the_share_and_does_not_shrink_by_copies():
    rng = np.random.default_rng(9)
    y = np.arange(400) < 200
    p, groups = rng.standard_normal(400) + 3 * y, np.arange(400).astype(str)
    low, high = true_positives_interval(y, p, groups)
    assert low < true_positives(y, p) < high
    copied = true_positives_interval(np.tile(y, 2), np.tile(p, 2), np.tile(groups, 2))
    assert copied == pytest.approx((low, high), abs=0.06)
