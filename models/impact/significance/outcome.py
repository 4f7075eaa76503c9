"""The result of a test: statistic and p-value, and the estimate with its interval where there is one."""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy import optimize, special

from domain.types import Array

MIN_EVENTS = 5
ALPHA = 0.05
POWER, Z_POWER = 0.8, 0.841621


@dataclass(frozen=True)
class Outcome:
    """A test's estimate with 95 % interval (where it has one), statistic, two-sided p-value, number of events."""

    test: str
    estimate: float | None
    low: float | None
    high: float | None
    statistic: float
    p_value: float
    n: int
    se: float | None = None
    df: float = np.inf

    @property
    def detectable(self) -> float | None:
        """The effect that a two-sided test at 5 % finds with 80 % power, in the units of the estimate."""
        return None if self.se is None else detectable_factor(self.df) * self.se

    def power(self, effect: float) -> float | None:
        """Probability that a two-sided test at 5 % finds a true `effect`."""
        return None if self.se is None or self.se <= 0 else t_power(effect / self.se, self.df)


MOST_DEGREES = 10_000.0  # beyond this Student's t is the normal distribution
SPREADS = (np.arange(2000) + 0.5) / 2000  # probabilities at which the estimated standard error is looked at


def t_power(shift: float, df: float) -> float:
    """Probability that a two-sided t test at 5 % rejects where the truth lies `shift` standard errors away.

    The noncentral t distribution, as a mean over quantiles of the chi distribution of the estimated standard error.
    """
    critical = _critical_values(min(df, MOST_DEGREES))
    return float(np.mean(special.ndtr(shift - critical) + special.ndtr(-shift - critical)))


@lru_cache(maxsize=256)
def _critical_values(degrees: float) -> Array:
    """The moves that a test at 5 % asks for, in true standard errors, at each of SPREADS."""
    spread = np.sqrt(2 * special.gammaincinv(degrees / 2, SPREADS) / degrees)
    return np.asarray(special.stdtrit(degrees, 1 - ALPHA / 2) * spread)


@cache
def detectable_factor(df: float) -> float:
    """Standard errors that an effect must have to be found with 80 % power: 2.80 at many degrees, 3.39 at five."""
    return float(optimize.brentq(lambda shift: t_power(shift, df) - POWER, 0.0, 100.0))


def normal(test: str, statistic: float, n: int) -> Outcome:
    """An outcome whose statistic is standard normal under the null."""
    value = _finite(statistic)
    return Outcome(test, None, None, None, value, float(2 * special.ndtr(-abs(value))), n)


def student(test: str, statistic: float, n: int, df: float) -> Outcome:
    """An outcome whose statistic is Student's t with `df` degrees under the null."""
    value = _finite(statistic)
    return Outcome(test, None, None, None, value, float(2 * special.stdtr(df, -abs(value))), n)


def interval(test: str, estimate: float, se: float, n: int, *, df: float | None = None) -> Outcome:
    """Estimate ± t × standard error and the test of zero, t with `df` (n − 1) degrees; no claim without a spread."""
    degrees = n - 1 if df is None else df
    tested = student(test, estimate / se if se > 0 else 0.0, n, degrees)
    half = float(special.stdtrit(degrees, 0.975) * se)
    return Outcome(test, estimate, estimate - half, estimate + half, tested.statistic, tested.p_value, n, se,
                   degrees)  # fmt: skip


def skewed_limits(critical: float, skewness: float) -> tuple[float, float]:
    """Standard errors below and above a mean at which its interval ends, for a sum of that skewness; ± critical for 0.

    Hall's (1992) cubic transformation: the t statistic of a mean of skewed values is skewed the other way, so that a
    symmetric interval misses means above it far more often than below.
    """
    s = float(np.clip(skewness, -MOST_SKEWNESS, MOST_SKEWNESS))
    if abs(s) < 1e-3:
        return critical, critical

    def untransformed(z: float) -> float:
        return float(3 / s * (np.cbrt(1 + s * (z - s / 6)) - 1))

    return untransformed(critical), -untransformed(-critical)


MOST_SKEWNESS = 0.45


def _finite(statistic: float) -> float:
    """The statistic, or 0 where it is not finite for want of variation."""
    return float(np.nan_to_num(statistic, nan=0.0, posinf=0.0, neginf=0.0))
