"""Tests of forecasts: equal loss (Diebold-Mariano, Clark-West) and direction (Pesaran-Timmermann, Anatolyev-Gerko)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import fft, special, stats

from domain.types import Array

Alternative = Literal["two_sided", "less", "greater"]
Kernel = Literal["acf", "bartlett"]
FREQUENCIES = 4  # slowest cycles of a sample: from two samples long to half a sample long


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


def long_run_variance(x: Array, lags: int, kernel: Kernel) -> float:
    """Variance of √n · mean: γ₀ + 2 Σ wₖ γₖ, with w = 1 (acf) or 1 − k/(lags + 1) (Bartlett)."""
    gamma = autocovariances(x, lags)
    weight = np.ones(lags) if kernel == "acf" else 1 - np.arange(1, lags + 1) / (lags + 1)
    return float(gamma[0] + 2 * weight @ gamma[1:])


def diebold_mariano(
    loss_a: Array,
    loss_b: Array,
    *,
    horizon: int = 1,
    kernel: Kernel = "acf",
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
    return TestResult(statistic, _student_p_value(statistic, n - 1, alternative), n)


def equal_loss_slow(loss_a: Array, loss_b: Array, *, frequencies: int = FREQUENCIES) -> TestResult:
    """Two-sided test of equal loss for differences that hold slow components, such as a regime of months.

    √n · mean ÷ √Ω, Ω the mean square of the difference's cosine transform at the `frequencies` slowest cycles of the
    sample, against t with as many degrees: an equal-weighted cosine estimate, with the critical values that belong to
    it ("fixed b"). `loss_a`, `loss_b` [N]: losses per origin, in order of time. ValueError for fewer than four origins
    a cycle. Lazarus, Lewis, Stock and Watson (2018); Müller (2007).
    """
    d = np.asarray(loss_a, dtype=float) - np.asarray(loss_b, dtype=float)
    n = len(d)
    if n < 4 * frequencies:
        raise ValueError(f"{n} origins are too few for a test with {frequencies} cycles")
    mean, error = slow_mean(d, frequencies)
    if error <= 1e-12 * np.abs(d).max(initial=0.0):
        return TestResult(0.0, 1.0, n)
    statistic = mean / error
    return TestResult(statistic, _student_p_value(statistic, frequencies, "two_sided"), n)


def slow_mean(x: Array, frequencies: int) -> tuple[float, float]:
    """Mean of a series [N] in order of time, and its standard error from the `frequencies` slowest cycles: their ratio
    has a t distribution with as many degrees. Lazarus, Lewis, Stock and Watson (2018).
    """
    slow = fft.dct(x, norm="ortho")[: frequencies + 1] / np.sqrt(len(x))
    return float(slow[0]), float(np.sqrt(np.mean(slow[1:] ** 2)))


def clark_west_gain(error_nested: Array, error_larger: Array, difference: Array) -> Array:
    """Reduction of loss by the larger model per origin, [N], in squared units: f = e₁² − (e₂² − (ŷ₁ − ŷ₂)²).

    `error_nested` e₁, `error_larger` e₂ and `difference` ŷ₁ − ŷ₂, each [N]. The last term corrects for the noise that
    superfluous parameters add where the nested model is true. Clark and West (2007).
    """
    return error_nested**2 - (error_larger**2 - difference**2)


def clark_west(
    error_nested: Array, error_larger: Array, difference: Array, *, lags: int = 0, kernel: Kernel = "bartlett"
) -> TestResult:
    """Clark-West test that the larger model's point forecast beats the nested walk's; one-sided normal p-value.

    Statistic: √n · mean(f) ÷ √variance(f), f as in `clark_west_gain`, arrays [N] in order of time. The variance is that
    of independent origins (n − 1) at `lags` 0, else the long-run variance (n) to `lags`, for origins whose horizons
    overlap; where a rectangular sum is not positive, lags 0, as in `diebold_mariano`. Gains without variation give
    statistic 0 and p 1. ValueError for fewer than `lags` + 3 origins. Clark and West (2007); Newey and West (1987).
    """
    return mean_above_zero(clark_west_gain(error_nested, error_larger, difference), lags=lags, kernel=kernel)


def mean_above_zero(f: Array, *, lags: int = 0, kernel: Kernel = "bartlett") -> TestResult:
    """Whether the mean of a series [N] in order of time lies above zero, as `clark_west` tests its gains."""
    n = len(f)
    if n < lags + 3:
        raise ValueError(f"{n} origins are too few for a test of their mean with {lags} lags")
    variance = long_run_variance(f, lags, kernel) if lags else 0.0
    if variance <= 0:
        variance = float(f.var(ddof=1))
    if variance <= 0:
        return TestResult(0.0, 1.0, n)
    statistic = float(f.mean() / np.sqrt(variance / n))
    return TestResult(statistic, float(stats.norm.sf(statistic)), n)


def hit_rate(outcome: Array, forecast: Array) -> float:
    """Share of forecasts [N] with the sign of their outcome [N]; a zero on either side is no hit."""
    return float(np.mean(outcome * forecast > 0))


def pesaran_timmermann(outcome: Array, forecast: Array) -> TestResult:
    """Pesaran-Timmermann test that forecasts predict signs; one-sided normal p-value. An outcome of zero is no hit.

    Pesaran and Timmermann (1992).
    """
    up, predicted_up = outcome > 0, forecast > 0
    n = len(up)
    hit, p, q = hit_rate(outcome, forecast), float(np.mean(up)), float(np.mean(predicted_up))
    expected = p * q + (1 - p) * (1 - q)
    v_hit = expected * (1 - expected) / n
    v_expected = (
        (2 * p - 1) ** 2 * q * (1 - q) / n + (2 * q - 1) ** 2 * p * (1 - p) / n + 4 * p * q * (1 - p) * (1 - q) / n**2
    )
    if v_hit - v_expected <= 0:
        return TestResult(0.0, 1.0, n)
    statistic = (hit - expected) / np.sqrt(v_hit - v_expected)
    return TestResult(float(statistic), float(stats.norm.sf(statistic)), n)


def sign_dependence_hac(outcome: Array, forecast: Array, *, lags: int) -> TestResult:
    """Pesaran-Timmermann test for signs that are autocorrelated on both sides; one-sided normal p-value.

    The slope b of 1{outcome > 0} = a + b · 1{forecast > 0} + u by least squares, over its Newey-West error with `lags`
    Bartlett lags (divisor n). Arrays [N] in order of time. A side with one sign only gives statistic 0 and p 1, signs
    that always agree an infinite statistic. Persistent signs, few origins or many lags make it reject too often:
    docs/methods.md has its measured size. ValueError for fewer than `lags` + 3 origins. Pesaran and Timmermann (2009),
    in the regression form of Blaskowitz and Herwartz (2014); Newey and West (1987).
    """
    n = len(outcome)
    if n < lags + 3:
        raise ValueError(f"{n} origins are too few for a test of signs with {lags} lags")
    up, predicted_up = (np.asarray(x > 0, dtype=float) for x in (outcome, forecast))
    up, predicted_up = up - up.mean(), predicted_up - predicted_up.mean()
    spread = float(predicted_up @ predicted_up) / n
    if spread == 0 or not up.any():
        return TestResult(0.0, 1.0, n)
    slope = float(predicted_up @ up) / n / spread
    scores = predicted_up * (up - slope * predicted_up)
    error = np.sqrt(max(long_run_variance(scores, lags, "bartlett"), 0.0) / n) / spread
    statistic = float(slope / error) if error > 0 else float(np.copysign(np.inf, slope))
    return TestResult(statistic, float(stats.norm.sf(statistic)), n)


def excess_predictability(outcome: Array, forecast: Array) -> TestResult:
    """Anatolyev-Gerko test that trading on the sign earns more than its mean position; one-sided normal p-value.

    (mean(sign(ŷ) · y) − mean(sign ŷ) · mean(y)) ÷ √V with V = 4 p (1 − p) Σ(y − ȳ)² ÷ n², p = (1 + mean(sign ŷ)) ÷ 2.
    Arrays [N]; outcomes are returns, whose size counts. Forecasts of one sign, or an outcome that never moves, give
    statistic 0 and p 1. Anatolyev and Gerko (2005).
    """
    side = np.sign(forecast)
    n, p = len(outcome), 0.5 * (1 + float(side.mean()))
    variance = 4 * p * (1 - p) * float(np.sum((outcome - outcome.mean()) ** 2)) / n**2
    if variance <= 0:
        return TestResult(0.0, 1.0, n)
    statistic = float((np.mean(side * outcome) - side.mean() * outcome.mean()) / np.sqrt(variance))
    return TestResult(statistic, float(stats.norm.sf(statistic)), n)


def _student_p_value(statistic: float, degrees: int, alternative: Alternative) -> float:
    # what stats.t does, without building a distribution each time, which takes a hundred times as long
    if alternative == "two_sided":
        return float(2 * special.stdtr(degrees, -abs(statistic)))
    return float(special.stdtr(degrees, statistic if alternative == "less" else -statistic))
