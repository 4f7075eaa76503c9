"""The comparison of two groups of releases by other methods: by clusters, matched, with labels that may be wrong."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from domain.types import Array
from models.impact.comparison.compare import (
    SHORTEST_KERNEL_H,
    Comparison,
    blocks,
    compare,
    enough_blocks,
)
from models.impact.significance.outcome import MIN_EVENTS, Z_POWER, interval
from models.impact.significance.overlap import overlap_variance
from models.impact.significance.resampling import MIN_CLUSTERS

DRAWS = 999
NEAREST = 3
WRONG_SHARE = 0.1
DAY_H = 24.0
CHECK_PERMUTATIONS = 200


def cluster_bootstrap(
    values: Array, is_a: NDArray[np.bool_], when_h: Array, window_h: float, *, seed: int = 4
) -> Comparison | None:
    """Difference of means with days (or as many days as the window has) drawn whole; symmetric bootstrap-t.

    `values`, `when_h` [N]; `is_a` [N]. None below MIN_EVENTS values or MIN_BLOCKS days in a group, or MIN_CLUSTERS
    clusters. Cameron, Gelbach and Miller (2008).
    """
    valid = np.isfinite(values)
    x, a = values[valid], is_a[valid]
    if min(a.sum(), (~a).sum()) < MIN_EVENTS:
        return None
    span = DAY_H * max(1.0, np.ceil(window_h / DAY_H))
    _, at = np.unique(np.floor(when_h[valid] / span), return_inverse=True)
    n_clusters = int(at.max()) + 1
    when = when_h[valid]
    if n_clusters < MIN_CLUSTERS or not enough_blocks(when, a, window_h):
        return None
    sums = np.zeros((n_clusters, 4))  # Σ a, n a, Σ b, n b of each cluster
    np.add.at(sums, at, np.stack([x * a, a, x * ~a, ~a], axis=1).astype(np.float64))
    weights = np.random.default_rng(seed).multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), DRAWS)
    difference, se = (v[0] for v in _clustered(np.ones((1, n_clusters)), sums))
    drawn, errors = _clustered(weights.astype(np.float64), sums)
    good = np.isfinite(errors) & (errors > 0)
    if se <= 0 or good.sum() < DRAWS / 2:
        return None
    t = np.abs(drawn[good] - difference) / errors[good]
    critical = float(np.quantile(t, 0.95))
    half = critical * se
    low, high = difference - half, difference + half
    p = (1 + (t >= abs(difference / se)).sum()) / (1 + good.sum())
    return Comparison(
        float(x[a].mean()), float(x[~a].mean()), float(difference), float(low), float(high), float(p), int(a.sum()),
        int((~a).sum()), float((critical + Z_POWER) * se),
    )  # fmt: skip


def _clustered(weights: Array, sums: Array) -> tuple[Array, Array]:
    """Difference of means and its clustered standard error for each row of cluster weights [B, C], [B] each."""
    totals = weights @ sums
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_a, mean_b = totals[:, 0] / totals[:, 1], totals[:, 2] / totals[:, 3]
        # the influence of cluster c is (Sa − ma·na) ÷ Na − (Sb − mb·nb) ÷ Nb: a product of four sums with four numbers
        by = np.stack([1 / totals[:, 1], -mean_a / totals[:, 1], -1 / totals[:, 3], mean_b / totals[:, 3]], axis=1)
    products = np.einsum("ci,cj->cij", sums, sums).reshape(len(sums), -1)
    moments = (weights @ products).reshape(-1, 4, 4)
    variance = np.einsum("bi,bij,bj->b", by, moments, by)
    return mean_a - mean_b, np.sqrt(np.maximum(variance, 0))


def matched(
    values: Array, is_a: NDArray[np.bool_], when_h: Array, window_h: float, asset: NDArray[np.int64], covariates: Array
) -> Comparison | None:
    """Each release of group a less the mean of its NEAREST matches of group b, of the same asset where there are any.

    `covariates` [N, K] to match on (liquidity, volatility, hour, day of the week) are standardised here.
    The variance counts every release with its share of the estimate, as often as it was matched.
    """
    known = np.isfinite(values) & np.isfinite(covariates).all(1)
    x, a, when = values[known], is_a[known], when_h[known]
    if min(a.sum(), (~a).sum()) < MIN_EVENTS or not enough_blocks(when, a, window_h):
        return None
    spread = covariates[known].std(axis=0)
    z = covariates[known] / np.where(spread > 0, spread, 1.0)
    treated, controls = np.flatnonzero(a), np.flatnonzero(~a)
    distance = cdist(z[treated], z[controls], "sqeuclidean")
    elsewhere = asset[known][treated, None] != asset[known][None, controls]
    order = np.argsort(distance + 1e6 * elsewhere, axis=1)[:, : min(NEAREST, len(controls))]
    partner = controls[order]
    gain = x[treated] - x[partner].mean(1)
    n = len(treated)
    influence = np.zeros(len(x))
    influence[treated] = (x[treated] - x[treated].mean()) / n
    control_mean = float(x[partner].mean())
    np.add.at(influence, partner.ravel(), -(x[partner].ravel() - control_mean) / partner.size)
    by_time = np.argsort(when, kind="stable")
    overlapping = float(overlap_variance(influence[by_time], when[by_time], max(window_h, SHORTEST_KERNEL_H)))
    variance = max(overlapping, 0.25 * float((influence**2).sum()))
    found = interval("matched", float(gain.mean()), float(np.sqrt(variance)), n, df=blocks(when[a], window_h) - 1)
    assert found.low is not None
    assert found.high is not None
    return Comparison(
        float(x[treated].mean()), control_mean, float(gain.mean()), found.low, found.high, found.p_value, n,
        len(np.unique(partner)), float(found.detectable or 0.0),
    )  # fmt: skip


def mislabelled(
    values: Array, is_a: NDArray[np.bool_], when_h: Array, window_h: float, *, share: float = WRONG_SHARE, seed: int = 6
) -> Comparison | None:
    """The comparison with `share` of the labels flipped at random: mean and 95 % range over DRAWS relabellings.

    The p-value is the median permutation p-value of ten of them.
    """
    as_labelled = compare(values, is_a, when_h, window_h, permutations=CHECK_PERMUTATIONS)
    if as_labelled is None:
        return None
    rng = np.random.default_rng(seed)
    flipped = is_a ^ (rng.random((DRAWS, len(is_a))) < share)
    valid = np.isfinite(values)
    x, f = values[valid], flipped[:, valid]
    n_a = f.sum(1)
    usable = (n_a > 0) & (n_a < len(x))
    difference = (f @ x)[usable] / n_a[usable] - (~f @ x)[usable] / (len(x) - n_a[usable])
    relabelled = [compare(values, row, when_h, window_h, permutations=CHECK_PERMUTATIONS) for row in flipped[:10]]
    p = float(np.median([c.p_value for c in relabelled if c] or [1.0]))
    low, high = np.quantile(difference, [0.025, 0.975])
    return replace(as_labelled, difference=float(difference.mean()), low=float(low), high=float(high), p_value=p)


def placebo_labels(
    values: Array, is_a: NDArray[np.bool_], when_h: Array, window_h: float, *, seed: int = 8
) -> Comparison | None:
    """The comparison with labels assigned at random: the range of differences due to chance."""
    as_labelled = compare(values, is_a, when_h, window_h, permutations=CHECK_PERMUTATIONS)
    if as_labelled is None:
        return None
    valid = np.isfinite(values)
    x, a = values[valid], is_a[valid]
    shuffled = np.random.default_rng(seed).permuted(np.broadcast_to(a, (DRAWS, len(a))), axis=1)
    difference = (shuffled @ x) / a.sum() - (~shuffled @ x) / (~a).sum()
    p = float((1 + (np.abs(difference) >= abs(as_labelled.difference)).sum()) / (1 + DRAWS))
    low, high = np.quantile(difference, [0.025, 0.975])
    return replace(as_labelled, difference=float(difference.mean()), low=float(low), high=float(high), p_value=p)


def soft_labels(
    values: Array, probability: Array, when_h: Array, window_h: float, *, seed: int = 9
) -> Comparison | None:
    """Exploratory: means weighted by a detector's probability of machine authorship, and by its complement.

    `probability` [N]. The probabilities are permuted. None where they are all equal, or the weights of either side sum
    to less than MIN_EVENTS. A probability is not a label: the difference mixes authorship with all that correlates
    with it.
    """
    valid = np.isfinite(values) & np.isfinite(probability)
    x, p = values[valid], probability[valid]
    if len(x) == 0 or p.std() == 0 or min(p.sum(), (1 - p).sum()) < MIN_EVENTS:
        return None
    order = np.argsort(when_h[valid], kind="stable")
    x, p, when = x[order], p[order], when_h[valid][order]
    mean_a, mean_b = float(p @ x / p.sum()), float((1 - p) @ x / (1 - p).sum())
    u = p * (x - mean_a) / p.sum() - (1 - p) * (x - mean_b) / (1 - p).sum()
    se = np.sqrt(max(float(overlap_variance(u, when, max(window_h, SHORTEST_KERNEL_H))), 0.25 * float((u**2).sum())))
    shuffled = np.random.default_rng(seed).permuted(np.broadcast_to(p, (DRAWS, len(p))), axis=1)
    differences = shuffled @ x / p.sum() - (1 - shuffled) @ x / (1 - p).sum()
    t = np.abs(differences) / differences.std()
    critical, difference = float(np.quantile(t, 0.95)), mean_a - mean_b
    p_value = float((1 + (t >= abs(difference) / se - 1e-12).sum()) / (1 + DRAWS))
    return Comparison(
        mean_a, mean_b, difference, float(difference - critical * se), float(difference + critical * se), p_value,
        round(float(p.sum())), round(float((1 - p).sum())), float((critical + Z_POWER) * se),
    )  # fmt: skip
