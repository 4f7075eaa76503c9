"""Uncertainty of a Sharpe ratio: its error under skewed, fat-tailed returns, and selection among trials."""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from domain.types import Array


class Moments(NamedTuple):
    """Sharpe ratio per period (n − 1 in the deviation), skewness, Pearson kurtosis (3 if normal), number of periods."""

    sharpe: float
    skewness: float
    kurtosis: float
    n: int


def moments(returns: Array) -> Moments:
    """Moments of returns per period [T]; Sharpe ratio 0 and a normal shape for returns without any variation."""
    n = len(returns)
    deviation = returns.std(ddof=1) if n > 1 else 0.0
    if deviation <= 1e-15:
        return Moments(0.0, 0.0, 3.0, n)
    return Moments(
        float(returns.mean() / deviation), float(stats.skew(returns)), float(stats.kurtosis(returns, fisher=False)), n
    )


def _variance_factor(m: Moments) -> float:
    """Variance of the Sharpe ratio times n − 1: 1 − γ₃·SR + (γ₄ − 1)/4·SR². Never below zero for moments of data."""
    return 1 - m.skewness * m.sharpe + (m.kurtosis - 1) / 4 * m.sharpe**2


def sharpe_variance(returns: Array) -> float:
    """Variance of the Sharpe ratio per period: (1 − γ₃·SR + (γ₄ − 1)/4·SR²) ÷ (n − 1).

    Bailey and López de Prado (2012).
    """
    m = moments(returns)
    return _variance_factor(m) / max(m.n - 1, 1)


def sharpe_interval(returns: Array, periods: int = 365) -> tuple[float, float]:
    """95 % interval of the annual Sharpe ratio from daily returns."""
    sr = moments(returns).sharpe
    half = 1.959964 * np.sqrt(sharpe_variance(returns))
    return float((sr - half) * np.sqrt(periods)), float((sr + half) * np.sqrt(periods))


def sharpe_confidence(m: Moments, benchmark: float) -> float:
    """Probability that the Sharpe ratio per period exceeds `benchmark`: Φ((SR − benchmark) √(n − 1) ÷ √shape).

    shape = 1 − γ₃·SR + (γ₄ − 1)/4·SR². Bailey and López de Prado (2012).
    """
    return float(stats.norm.cdf((m.sharpe - benchmark) * np.sqrt((m.n - 1) / _variance_factor(m))))


def probabilistic_sharpe(returns: Array, benchmark: float) -> float:
    """Probability that the Sharpe ratio per period exceeds `benchmark`; 0.5 for returns without any variation."""
    return sharpe_confidence(moments(returns), benchmark) if returns.std() > 1e-15 else 0.5


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Highest Sharpe ratio to expect from `trials` independent strategies without skill; unit of the Sharpe ratios.

    √variance · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))), γ = 0.5772 (Euler), `variance` that of the Sharpe ratios
    over the trials; 0 for one trial. ValueError for no trial or a negative variance. Bailey and López de Prado (2014).
    """
    if trials < 1 or variance < 0:
        raise ValueError(f"needs one trial or more and a variance ≥ 0, got {trials} trials and {variance}")
    if trials == 1:
        return 0.0
    first, second = stats.norm.isf([1 / trials, 1 / (trials * np.e)])
    return float(np.sqrt(variance) * ((1 - np.euler_gamma) * first + np.euler_gamma * second))


def deflated_sharpe(returns: Array, trial_sharpes: Array, trials: int | None = None) -> float:
    """Probability that the Sharpe ratio exceeds what the best of all trials would show without skill.

    `returns` [T] of the chosen strategy; `trial_sharpes` [N]: Sharpe ratio per period of every strategy tried, the
    chosen one too; `trials`: how many there ever were, where more were tried than are known. The probabilistic Sharpe
    ratio above `expected_maximum_sharpe`, with n − 1 in the variance over the trials. Similar trials count as
    independent, so that the benchmark is too high rather than too low. Bailey and López de Prado (2014).
    """
    n = len(trial_sharpes)
    variance = float(np.var(trial_sharpes, ddof=1)) if n > 1 else 0.0
    return probabilistic_sharpe(returns, expected_maximum_sharpe(max(n, trials or 0), variance))


def minimum_track_record(m: Moments, benchmark: float, probability: float = 0.95) -> float:
    """Periods after which a Sharpe ratio with these moments exceeds `benchmark` with `probability`; `m.n` is not used.

    1 + shape · (Φ⁻¹(probability) ÷ (SR − benchmark))², shape as in `sharpe_confidence`; infinite where SR is not above
    the benchmark. Bailey and López de Prado (2012).
    """
    if m.sharpe <= benchmark:
        return float("inf")
    return 1 + _variance_factor(m) * float(stats.norm.ppf(probability) / (m.sharpe - benchmark)) ** 2


@dataclass(frozen=True)
class Overfitting:
    """How the best strategy of one half of the sample performs in the other half, over C splits.

    `probability`: share of splits whose choice is in the lower half out of sample. `loss`: share whose choice has a
    negative Sharpe ratio there. `chosen` [C]: column chosen; `rank` [C]: its rank out of sample, 1 the worst; `logits`
    [C]: ln(ω ÷ (1 − ω)), ω = rank ÷ (M + 1).
    """

    probability: float
    loss: float
    chosen: NDArray[np.int64]
    rank: Array
    logits: Array


def overfitting_probability(returns: Array, groups: int = 16) -> Overfitting:
    """Probability of backtest overfitting by combinatorially symmetric cross-validation.

    `returns` per period [T, M], one column per strategy tried, rows in order of time. Time is cut into `groups` spans
    of one length (the oldest T mod `groups` rows are left out). Each half of them, in lexicographic order, is once
    in sample, where the highest Sharpe ratio is picked; the rest is out of sample. Equal Sharpe ratios share their
    rank, a strategy that does not vary has Sharpe ratio 0. ValueError for an odd number of groups, fewer than two rows
    in a group, or one strategy. Bailey, Borwein, López de Prado and Zhu (2017).
    """
    rows, strategies = returns.shape
    length = rows // groups if groups > 0 else 0
    if groups < 2 or groups % 2 or length < 2 or strategies < 2:
        raise ValueError(
            f"needs an even number of groups, two rows in each and two strategies, got {groups} groups, {rows} rows "
            f"and {strategies} strategies"
        )
    spans = returns[rows - groups * length :].reshape(groups, length, strategies)
    halves = list(combinations(range(groups), groups // 2))
    member = np.zeros((len(halves), groups))
    for row, half in zip(member, halves, strict=True):
        row[list(half)] = 1
    inside, outside = (_sharpe_of_spans(spans, m) for m in (member, 1 - member))
    chosen = inside.argmax(1)
    split = np.arange(len(chosen))
    rank = stats.rankdata(outside, axis=1)[split, chosen]
    logits = np.log(rank / (strategies + 1 - rank))
    return Overfitting(float(np.mean(logits <= 0)), float(np.mean(outside[split, chosen] < 0)), chosen, rank, logits)


def _sharpe_of_spans(spans: Array, member: Array) -> Array:
    """Sharpe ratio per period of the spans [S, L, M] that belong to each split [C, S]: [C, M]."""
    centre = spans.mean((0, 1))
    n = member.sum(1)[:, None] * spans.shape[1]
    total, squares = (member @ ((spans - centre) ** k).sum(1) for k in (1, 2))
    variance = (squares - total**2 / n) / (n - 1)
    still = variance <= 1e-12 * centre**2 + 1e-30
    return np.where(still, 0.0, (total / n + centre) / np.sqrt(np.where(still, 1.0, variance)))
