"""Tests of forecasts against each other: Diebold-Mariano, Clark-West, Pesaran-Timmermann."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Alternative = Literal["two_sided", "less", "greater"]


@dataclass(frozen=True)
class TestResult:
    """A statistic, its p-value, and the number of observations behind it."""

    __test__ = False

    statistic: float
    p_value: float
    n: int


def autocovariances(x: Array, lags: int) -> Array:
    """Autocovariances 0 … lags, each divided by n."""
    centred = x - x.mean()
    n = len(x)
    return np.array([centred[k:] @ centred[: n - k] / n for k in range(lags + 1)])


def long_run_variance(x: Array, lags: int, kernel: Literal["acf", "bartlett"]) -> float:
    """Variance of √n · mean: γ₀ + 2 Σ wₖ γₖ, with w = 1 (acf) or 1 − k/(lags + 1) (Bartlett)."""
    gamma = autocovariances(x, lags)
    weight = np.ones(lags) if kernel == "acf" else 1 - np.arange(1, lags + 1) / (lags + 1)
    return float(gamma[0] + 2 * weight @ gamma[1:])


def diebold_mariano(
    loss_a: Array,
    loss_b: Array,
    *,
    horizon: int = 1,
    kernel: Literal["acf", "bartlett"] = "acf",
    alternative: Alternative = "two_sided",
) -> TestResult:
    """Diebold-Mariano test of equal loss with the Harvey-Leybourne-Newbold correction; t with n − 1 degrees.

    `loss_a`, `loss_b` [N]: losses per origin, in order of time. `horizon` in spacings of origins: autocovariances up
    to lag horizon − 1 enter. `less`: a has the lower loss. Where the rectangular sum is not positive, horizon 1 is
    used, as in the literature's software. ValueError for fewer than `horizon` + 2 origins. Harvey, Leybourne and
    Newbold (1997); read as Giacomini-White (2006) where a model is re-estimated.
    """
    d = np.asarray(loss_a, dtype=float) - np.asarray(loss_b, dtype=float)
    n = len(d)
    if n < horizon + 2:
        raise ValueError(f"{n} origins are too few for a Diebold-Mariano test at horizon {horizon}")
    variance = long_run_variance(d, horizon - 1, kernel) / n
    if variance <= 0 and horizon > 1:
        horizon, variance = 1, long_run_variance(d, 0, kernel) / n
    if variance <= 0:
        return TestResult(0.0, 1.0, n)
    correction = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = float(d.mean() / np.sqrt(variance) * correction)
    return TestResult(statistic, _p_value(statistic, stats.t(n - 1), alternative), n)


def clark_west(error_nested: Array, error_larger: Array, difference: Array) -> TestResult:
    """Clark-West test that the larger model's point forecast beats the nested walk's; one-sided normal p-value.

    f = e₁² − (e₂² − (ŷ₁ − ŷ₂)²), tested for a positive mean with its t statistic. `difference` is ŷ₁ − ŷ₂. Clark and
    West (2007).
    """
    f = error_nested**2 - (error_larger**2 - difference**2)
    n = len(f)
    statistic = float(f.mean() / np.sqrt(f.var(ddof=1) / n))
    return TestResult(statistic, float(stats.norm.sf(statistic)), n)


def pesaran_timmermann(outcome: Array, forecast: Array) -> TestResult:
    """Pesaran-Timmermann test that signs are forecast; one-sided normal p-value. An outcome of zero is no hit.

    Pesaran and Timmermann (1992).
    """
    up, said = outcome > 0, forecast > 0
    n = len(up)
    hit, p, q = float(np.mean(outcome * forecast > 0)), float(np.mean(up)), float(np.mean(said))
    expected = p * q + (1 - p) * (1 - q)
    v_hit = expected * (1 - expected) / n
    v_expected = (
        (2 * p - 1) ** 2 * q * (1 - q) / n + (2 * q - 1) ** 2 * p * (1 - p) / n + 4 * p * q * (1 - p) * (1 - q) / n**2
    )
    if v_hit - v_expected <= 0:
        return TestResult(0.0, 1.0, n)
    statistic = (hit - expected) / np.sqrt(v_hit - v_expected)
    return TestResult(float(statistic), float(stats.norm.sf(statistic)), n)


def _p_value(statistic: float, distribution: object, alternative: Alternative) -> float:
    if alternative == "two_sided":
        return float(2 * distribution.sf(abs(statistic)))  # type: ignore[attr-defined]
    if alternative == "less":
        return float(distribution.cdf(statistic))  # type: ignore[attr-defined]
    return float(distribution.sf(statistic))  # type: ignore[attr-defined]
