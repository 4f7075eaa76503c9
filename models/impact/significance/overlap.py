"""Means over releases whose windows overlap: a variance that allows for it, with interval and test.

Neighbouring releases share prices, so do releases and the placebo times of others: docs/decisions/0003.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from domain.types import Array
from models.impact.measure.matched import Matched
from models.impact.significance.outcome import MIN_EVENTS, Outcome, interval, skewed_limits

MIN_KERNEL_H = 168.0


def overlap_variance(influence: Array, when_h: Array, window_h: float) -> Array:
    """Σᵢⱼ k(tᵢ − tⱼ) uᵢ uⱼ with the Bartlett kernel k = max(0, 1 − |Δt| ÷ window), [...].

    `influence` [..., N]; `when_h` [N] ascending. Windows that overlap share prices; the kernel is the share of the
    window that two of them have in common. O(N log N) by running sums.
    """
    left = np.searchsorted(when_h, when_h - window_h, side="right")
    right = np.searchsorted(when_h, when_h + window_h, side="left")
    u = _running_sum(influence)
    ut = _running_sum(influence * when_h)
    here, here_t = u[..., 1:], ut[..., 1:]
    before, before_t = here - u.take(left, axis=-1), here_t - ut.take(left, axis=-1)
    after, after_t = u.take(right, axis=-1) - here, ut.take(right, axis=-1) - here_t
    near = before * (1 - when_h / window_h) + before_t / window_h
    far = after * (1 + when_h / window_h) - after_t / window_h
    return (influence * (near + far)).sum(-1)


def _running_sum(x: Array) -> Array:
    out = np.zeros((*x.shape[:-1], x.shape[-1] + 1))
    np.cumsum(x, axis=-1, out=out[..., 1:])
    return out


def mean_with_overlap(values: Array, when_h: Array, window_h: float, *, test: str) -> Outcome | None:
    """Mean of `values` [N], its 95 % interval and test of zero, with a variance that allows for overlapping windows.

    None below MIN_EVENTS valid values.
    """
    valid = np.isfinite(values)
    n = int(valid.sum())
    if n < MIN_EVENTS:
        return None
    order = np.argsort(when_h[valid], kind="stable")
    x, when = values[valid][order], when_h[valid][order]
    return _interval(test, float(x.mean()), (x - x.mean()) / n, np.arange(n), when, window_h, np.arange(n))


def excess_move(matched: Matched, hours: Array, window_h: float, *, test: str = "excess_move") -> Outcome | None:
    """Mean of a quantity less its mean at comparison times, with interval and test; None below MIN_EVENTS valid events.

    `hours` [T] since 1970: the closes of the grid that rows of `matched` index. Releases and comparison times enter the
    variance as points in time of their own, each with its share of the estimate: neighbouring releases share prices,
    and so do those whose comparison times are the same. The kernel is at least MIN_KERNEL_H wide, since volatility
    outlasts a short window.
    """
    valid = np.isfinite(matched.excess)
    n = int(valid.sum())
    if n < MIN_EVENTS:
        return None
    chosen = matched.where(valid)
    known = np.isfinite(chosen.control)
    share = np.where(known, 1 / np.maximum(chosen.n, 1)[:, None], 0.0) / n
    at_controls = np.where(known, chosen.control, 0.0)
    usual, mean = float((share * at_controls).sum()), float(chosen.own.mean())
    of_controls = -(share * (at_controls - usual))[known]
    u = np.concatenate([(chosen.own - mean) / n, of_controls])
    at = np.concatenate([chosen.row, chosen.control_row[known]])
    return _interval(test, mean - usual, u, at, hours, max(abs(window_h), MIN_KERNEL_H), chosen.row)


def overlapping_rows(influence: Array, row: NDArray[np.int64], hours: Array, width: float) -> float:
    """The overlap variance of points at rows of a grid that closes at `hours` [T], those of one row taken together."""
    at, summed = _by_row(influence, row)
    return float(overlap_variance(summed, hours[at], width))


def _by_row(influence: Array, row: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """The rows that occur, in order, and the sum of the influences at each."""
    at = np.flatnonzero(np.bincount(row))
    return at, np.bincount(row, weights=influence)[at].astype(np.float64)


def _interval(
    test: str,
    mean: float,
    influence: Array,
    row: NDArray[np.int64],
    hours: Array,
    width: float,
    events: NDArray[np.int64],
) -> Outcome:
    """Estimate ± t × standard error, with a kernel of `width` hours and its bias from centring taken out.

    `events` [N]: rows of the releases. Degrees of freedom are the blocks of `width` hours that hold one, less one:
    events of one day count once.
    """
    n = len(events)
    # both means are centred; releases cluster as their comparison times do
    centred = 1 - overlapping_rows(np.full(n, 1 / n), events, hours, width)
    variance = max(overlapping_rows(influence, row, hours, width), 0.25 * float((influence**2).sum()))
    blocks = len(np.unique(np.floor(hours[events] / width)))
    found = interval(test, mean, float(np.sqrt(variance / max(centred, 0.5))), n, df=max(blocks - 1, 1))
    below, above = skewed_limits(float(special.stdtrit(found.df, 0.975)), _skewness(influence, row, hours, width))
    assert found.se is not None
    return replace(found, low=mean - below * found.se, high=mean + above * found.se)


def _skewness(influence: Array, row: NDArray[np.int64], hours: Array, width: float) -> float:
    """Skewness of the sum of influences, those of one block of `width` hours taken together."""
    at, summed = _by_row(influence, row)
    block = np.floor(hours[at] / width).astype(np.int64)
    u = np.bincount(block - block[0], weights=summed)
    spread = float((u**2).sum())
    return float((u**3).sum() / spread**1.5) if spread > 0 else 0.0
