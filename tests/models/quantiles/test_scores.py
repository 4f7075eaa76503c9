"""Quantile losses: against scoringrules, utilsforecast and scikit-learn."""

import numpy as np
import pytest

from models.quantiles.scores import pinball
from tests.models.conftest import Reference

LEVELS = np.array([0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95])


def test_quantile_losses_agree_with_the_reference_to_1e_9(published: Reference) -> None:
    table = published.matrix("quantiles.csv")
    y, q, theirs = table[:, 0], table[:, 1:], published.python["pinball"]
    assert pinball(q, y, LEVELS).mean() == pytest.approx(theirs["mqloss"], abs=1e-9)
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
