"""Where a gain comes from: each planted cause is named, the parts sum to the whole, chance is told from none."""

import numpy as np
import pytest
from scipy.stats import norm, t

from models.evaluate.decomposition import as_wide, decompose, mirrored
from models.quantiles.quantiles import CENTRAL, LEVELS, MEDIAN
from models.quantiles.scores import crps, tail_loss

N = 40_000
NORMAL = norm.ppf(LEVELS)


def walk(shape: np.ndarray = NORMAL) -> np.ndarray:
    return np.broadcast_to(shape, (N, 1, len(LEVELS)))


def test_a_forecast_that_knows_the_scale_alone_gains_in_scale_alone():
    rng = np.random.default_rng(1)
    sigma = np.exp(0.5 * rng.standard_normal((N, 1)))
    outcome = sigma * rng.standard_normal((N, 1))
    gains = decompose(walk() * sigma[..., None], walk(), outcome)
    assert gains.scale > 0.04
    assert abs(gains.tails) < 1e-9
    assert abs(gains.median) < 1e-9


def test_a_forecast_that_knows_the_median_alone_gains_in_the_median_alone():
    rng = np.random.default_rng(2)
    shift = 0.4 * rng.standard_normal((N, 1))
    gains = decompose(walk() + shift[..., None], walk(), shift + rng.standard_normal((N, 1)))
    assert gains.median > 0.02
    assert abs(gains.scale) < 1e-9
    assert abs(gains.tails) < 1e-9


def test_a_forecast_that_knows_the_shape_alone_gains_in_the_tails_alone():
    rng = np.random.default_rng(3)
    shape = t(3).ppf(LEVELS)
    as_normal = NORMAL * (shape[-4] / NORMAL[-4])  # as wide at the 90 % band
    assert LEVELS[-4] == 0.95
    gains = decompose(walk(shape), walk(as_normal), t(3).rvs((N, 1), random_state=rng))
    assert gains.tails > 0.002
    assert abs(gains.scale) < 1e-9
    assert abs(gains.median) < 1e-9


def test_the_parts_sum_to_the_gain():
    rng = np.random.default_rng(4)
    q = np.sort(rng.standard_normal((N, 1, len(LEVELS))), axis=-1)
    outcome = rng.standard_normal((N, 1))
    loss = [crps(x[..., CENTRAL], outcome, np.array(LEVELS)[CENTRAL]).sum() for x in (walk(), q)]
    assert decompose(q, walk(), outcome).whole == pytest.approx(1 - loss[1] / loss[0])


def test_what_is_mirrored_has_a_median_of_zero_and_equal_tails_and_what_is_widened_has_the_band():
    q = np.sort(np.random.default_rng(5).standard_normal((20, 4, len(LEVELS))), axis=-1)
    even = mirrored(q)
    np.testing.assert_allclose(even, -even[..., ::-1], atol=1e-12)
    assert (even[..., MEDIAN] == 0).all()
    wide = as_wide(np.broadcast_to(NORMAL, q.shape), q)
    low, high = LEVELS.index(0.05), LEVELS.index(0.95)
    np.testing.assert_allclose(wide[..., high] - wide[..., low], q[..., high] - q[..., low])


def test_the_tail_loss_reads_the_outer_levels_alone_and_is_least_for_the_truth():
    rng = np.random.default_rng(6)
    outcome = rng.standard_normal(N)
    changed = NORMAL.copy()
    changed[LEVELS.index(0.25) : LEVELS.index(0.75)] = 0
    assert tail_loss(np.tile(changed, (N, 1)), outcome).mean() == tail_loss(np.tile(NORMAL, (N, 1)), outcome).mean()
    losses = [tail_loss(np.tile(NORMAL * k, (N, 1)), outcome).mean() for k in (0.85, 1.0, 1.15)]
    assert losses[1] < min(losses[0], losses[2])
