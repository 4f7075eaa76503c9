"""How sure a Sharpe ratio is: its standard error under skewed, fat-tailed returns, and the probabilistic Sharpe."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def _moments(returns: Array) -> tuple[float, float, float, int]:
    """Sharpe per period (n − 1 in the deviation), skewness, Pearson kurtosis, number of periods."""
    n = len(returns)
    deviation = returns.std(ddof=1) if n > 1 else 0.0
    if deviation <= 1e-15:
        return 0.0, 0.0, 3.0, n
    return (
        float(returns.mean() / deviation), float(stats.skew(returns)),
        float(stats.kurtosis(returns, fisher=False)), n,
    )  # fmt: skip


def sharpe_variance(returns: Array) -> float:
    """Variance of the Sharpe ratio per period: (1 − γ₃·SR + (γ₄ − 1)/4·SR²) ÷ (n − 1).

    Bailey and López de Prado (2012).
    """
    sr, skew, kurtosis, n = _moments(returns)
    return (1 - skew * sr + (kurtosis - 1) / 4 * sr**2) / max(n - 1, 1)


def sharpe_interval(returns: Array, periods: int = 365) -> tuple[float, float]:
    """95 % interval of the annual Sharpe ratio from daily returns."""
    sr = _moments(returns)[0]
    half = 1.959964 * np.sqrt(sharpe_variance(returns))
    return float((sr - half) * np.sqrt(periods)), float((sr + half) * np.sqrt(periods))


def probabilistic_sharpe(returns: Array, benchmark: float) -> float:
    """Probability that the Sharpe ratio per period exceeds `benchmark`; 0.5 for returns without any variation."""
    sr = _moments(returns)[0]
    deviation = np.sqrt(sharpe_variance(returns))
    return float(stats.norm.cdf((sr - benchmark) / deviation)) if returns.std() > 1e-15 else 0.5
