"""Groups too small to be tested together: their releases one by one, and their means partially pooled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from domain.types import Array
from models.impact.significance.outcome import MIN_EVENTS

UNUSUAL = 0.05
LEVEL = 0.95
TAUS = 400


@dataclass(frozen=True)
class StandingOut:
    """How many releases of `n`, one a day, moved further than in 95 % of their like times; `p_value` for chance."""

    k: int
    n: int
    p_value: float


def standing_out(own: Array, control: Array, when_h: Array) -> StandingOut | None:
    """Count the releases whose move is among the largest UNUSUAL share of their like times; None below MIN_EVENTS days.

    `own` [N], `control` [N, K] (NaN where unusable), `when_h` [N] hours since 1970. A release without an effect has any
    rank with the same probability; of each day the first counts, so that the count is binomial. Upper tail, exact.
    """
    known = np.isfinite(control)
    m = known.sum(1) + 1
    rank = 1 + (known & (np.nan_to_num(control) >= own[:, None])).sum(1)  # 1: further than at all like times
    allowed = np.floor(UNUSUAL * m)
    able = np.flatnonzero(np.isfinite(own) & (allowed >= 1))
    order = able[np.argsort(when_h[able], kind="stable")]
    first = order[np.unique(np.floor(when_h[order] / 24), return_index=True)[1]]
    if len(first) < MIN_EVENTS:
        return None
    k, chance = int((rank[first] <= allowed[first]).sum()), float((allowed[first] / m[first]).mean())
    return StandingOut(k, len(first), float(stats.binomtest(k, len(first), chance, alternative="greater").pvalue))


@dataclass(frozen=True)
class Pooled:
    """Means of G groups drawn towards that of all as far as the groups differ no more than by chance, [G] each."""

    mean: Array
    low: Array
    high: Array


def partially_pooled(values: Array, group: NDArray[np.str_], when_h: Array) -> dict[str, tuple[float, float, float]]:
    """Mean and 95 % interval of `values` [N] by `group` [N], partially pooled; none of groups below MIN_EVENTS values.

    The spread within days is that of all groups together, since a few days do not show their own; what falls on one day
    counts once. Nothing below three groups: how far groups differ cannot be told from two.
    """
    valid = np.isfinite(values) & (group != "")
    names, place, size = np.unique(group[valid], return_inverse=True, return_counts=True)
    large = np.flatnonzero(size >= MIN_EVENTS)
    if len(large) < 3:
        return {}
    x, day = values[valid], np.floor(when_h[valid] / 24).astype(np.int64)
    mean = np.bincount(place, weights=x) / size
    cell, of_cell = np.unique(place * (day.max() + 1) + day, return_inverse=True)
    owner = cell // (day.max() + 1)
    summed = np.bincount(of_cell, weights=x - mean[place])
    count = np.bincount(of_cell).astype(np.float64)
    spread = float((summed**2).sum() / (count**2).sum()) * len(cell) / max(len(cell) - len(names), 1)
    variance = spread * np.bincount(owner, weights=count**2) / size**2
    found = hierarchical(mean[large], variance[large])
    return {
        str(names[g]): (float(found.mean[i]), float(found.low[i]), float(found.high[i])) for i, g in enumerate(large)
    }


def hierarchical(mean: Array, variance: Array) -> Pooled:
    """Posterior of normal means with unknown spread between them: flat priors on their mean and on that spread.

    `mean`, `variance` [G] of the estimates. Gelman, Carlin, Stern and Rubin, Bayesian Data Analysis, section 5.4.
    """
    largest = 5 * max(float(np.std(mean, ddof=1)), float(np.sqrt(variance.mean())))
    tau2 = np.linspace(largest / TAUS, largest, TAUS)[:, None] ** 2
    w = 1 / (variance + tau2)
    centre, of_centre = (w * mean).sum(1, keepdims=True) / w.sum(1, keepdims=True), 1 / w.sum(1, keepdims=True)
    density = 0.5 * np.log(of_centre[:, 0]) + 0.5 * (np.log(w) - w * (mean - centre) ** 2).sum(1)
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    kept = tau2 / (tau2 + variance)
    at = kept * mean + (1 - kept) * centre
    sd = np.sqrt(kept * variance + (1 - kept) ** 2 * of_centre)
    tail = (1 - LEVEL) / 2
    low, high = (_quantiles(at, sd, weight, q) for q in (tail, 1 - tail))
    return Pooled(weight @ at, low, high)


def _quantiles(at: Array, sd: Array, weight: Array, q: float) -> Array:
    """Quantiles of mixtures of normals, [G]; `at`, `sd` [M, G], `weight` [M]."""
    ends = (at - 9 * sd).min(0), (at + 9 * sd).max(0)
    return np.array([
        optimize.brentq(lambda x, g=g: weight @ stats.norm.cdf(x, at[:, g], sd[:, g]) - q, ends[0][g], ends[1][g])
        for g in range(at.shape[1])
    ])  # fmt: skip
