"""Cross-correlation of the estimation residuals of events, for Kolari and Pynnönen's adjustment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array

MAX_PAIRS = 200_000


@dataclass(frozen=True)
class EventPairs:
    """Pairs of N events whose windows can share a bar: places, bars apart, correlation of residuals at equal moments.

    `share`: how many pairs each listed pair of different rows represents (1 unless there were more than MAX_PAIRS and
    some were drawn). `crowd` [N, S]: unit residuals, kept where pairs at one row are too many to list.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    apart: NDArray[np.int64]
    correlation: Array
    share: float
    row: NDArray[np.int64]
    crowd: Array | None

    def mean(self, member: NDArray[np.bool_], window_bars: int) -> float:
        """Mean correlation over all pairs of the members [N], those whose windows share no bar counting as 0.

        A pair at one row counts with its whole correlation, one d bars apart with the share 1 − d ÷ `window_bars` that
        their windows have in common (Kolari, Pape and Pynnönen, 2018). For one shared date it is the plain mean over
        pairs. Never below 0: negatively correlated events are taken for independent.
        """
        n = int(member.sum())
        if n < 2:
            return 0.0
        counted = member[self.one] & member[self.other] & (self.apart < window_bars)
        weight = (1 - self.apart[counted] / window_bars) * np.where(self.apart[counted] > 0, self.share, 1.0)
        total = 2 * float((self.correlation[counted] * weight).sum())
        if self.crowd is not None:
            total += _crowded(self.crowd[member], self.row[member])
        return max(0.0, total / (n * (n - 1)))


def event_pairs(residual: Array, row: NDArray[np.int64], window_bars: int, *, seed: int = 5) -> EventPairs:
    """Pairs of events less than `window_bars` bars apart; `residual` [N, S] (NaN in gaps), `row` [N] of base closes."""
    z = _unit(residual)
    window_bars = min(window_bars, z.shape[1])
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    together = _neighbours(np.arange(1, len(row) + 1), np.searchsorted(ordered, ordered, side="right"), None, seed)
    first, last = (np.searchsorted(ordered, ordered + d, side="left") for d in (1, max(window_bars, 1)))
    crowded = together[2] > MAX_PAIRS
    near = _neighbours(first, last, MAX_PAIRS, seed)
    listed = [near] if crowded else [together, near]
    one, other = (order[np.concatenate([part[i] for part in listed])] for i in (0, 1))
    apart = row[other] - row[one]
    correlation = np.zeros(len(one))
    for d in np.unique(apart):
        at = np.flatnonzero(apart == d)
        shared = np.einsum("ps,ps->p", z[one[at], d:], z[other[at], : z.shape[1] - d])
        correlation[at] = shared * z.shape[1] / (z.shape[1] - d)  # of unit length over the whole span, not the shared
    share = near[2] / max(len(near[0]), 1)
    return EventPairs(one, other, apart, correlation, share, row, z if crowded else None)


Neighbours = tuple[NDArray[np.int64], NDArray[np.int64], int]


def _neighbours(first: NDArray[np.int64], last: NDArray[np.int64], most: int | None, seed: int) -> Neighbours:
    """Pairs (i, j) with first[i] ≤ j < last[i], and how many there are; at most `most` of them, drawn.

    Without `most`, none are listed where there are more than MAX_PAIRS.
    """
    many = np.maximum(last - first, 0)
    ends = np.cumsum(many)
    total = int(ends[-1]) if len(ends) else 0
    if total > MAX_PAIRS:
        pick = np.random.default_rng(seed).integers(0, total, most) if most else np.zeros(0, dtype=np.int64)
    else:
        pick = np.arange(total)
    one = np.searchsorted(ends, pick, side="right")
    return one, first[one] + pick - (ends[one] - many[one]), total


def _crowded(z: Array, row: NDArray[np.int64]) -> float:
    """Sum of z_i · z_j over all ordered pairs at one row, by the square of their sum."""
    order = np.argsort(row, kind="stable")
    starts = np.flatnonzero(np.diff(row[order], prepend=row[order[0]] - 1))
    together = np.add.reduceat(z[order], starts, axis=0)
    return float(np.einsum("gs,gs->", together, together) - np.einsum("ns,ns->", z, z))


def _unit(residual: Array) -> Array:
    """Rows centred and of unit length, gaps 0."""
    known = np.isfinite(residual)
    n = np.maximum(known.sum(1, keepdims=True), 1)
    filled = np.where(known, residual, 0.0)
    centred = np.where(known, filled - filled.sum(1, keepdims=True) / n, 0.0)
    length = np.sqrt(np.einsum("ns,ns->n", centred, centred))[:, None]
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
