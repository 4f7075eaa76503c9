"""What tests of size and power share: autocorrelated noise, and the region a share of rejections should lie in."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy import signal, stats

from domain.types import Array
from models.evaluate.loss_tests import TestResult


def ar1(rng: np.random.Generator, phi: float, draws: int, n: int) -> Array:
    """Autoregressions of order one with normal shocks, [draws, n], past their start."""
    return np.asarray(signal.lfilter([1], [1, -phi], rng.standard_normal((draws, n + 100)), axis=1)[:, 100:])


def rejections(test: Callable[..., TestResult], *arrays: Iterable[Array], **options: object) -> float:
    """Share of draws rejected at 5 %."""
    return float(np.mean([test(*draw, **options).p_value < 0.05 for draw in zip(*arrays, strict=True)]))


def is_nominal(share: float, draws: int, nominal: float = 0.05) -> bool:
    """Whether a share of rejections lies in the 99 % region of the binomial with the nominal size."""
    low, high = stats.binom(draws, nominal).ppf([0.005, 0.995]) / draws
    return bool(low <= share <= high)
