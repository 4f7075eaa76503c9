"""The result of a test: statistic and p-value, and the estimate with its interval where there is one."""

from dataclasses import dataclass

import numpy as np
from scipy import special

MIN_EVENTS = 5
ALPHA = 0.05
Z_TWO_SIDED, Z_POWER = 1.959964, 0.841621


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

    @property
    def detectable(self) -> float | None:
        """The effect that a two-sided test at 5 % finds with 80 % power, in the units of the estimate."""
        return None if self.se is None else (Z_TWO_SIDED + Z_POWER) * self.se

    def power(self, effect: float) -> float | None:
        """Probability that a two-sided test at 5 % finds a true `effect`."""
        if self.se is None or self.se <= 0:
            return None
        shift = effect / self.se
        return float(special.ndtr(shift - Z_TWO_SIDED) + special.ndtr(-shift - Z_TWO_SIDED))


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
    return Outcome(test, estimate, estimate - half, estimate + half, tested.statistic, tested.p_value, n, se)


def _finite(statistic: float) -> float:
    """The statistic, or 0 where it is not finite for want of variation."""
    return float(np.nan_to_num(statistic, nan=0.0, posinf=0.0, neginf=0.0))
