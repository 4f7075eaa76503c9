"""Is it chance? Each release ranked among its own placebo moves, the ranks as normal scores, summed over releases.

A release without an effect has any rank among its placebo moves with the same probability, however heavy the tails and
whatever the volatility; its normal score is then standard normal but for steps. Two ways to tell whether the mean score
is zero: a variance that allows for windows in common, and whole days exchanged for those of their placebo times.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from domain.types import Array
from models.impact.measure.controls import MIN_CONTROLS
from models.impact.measure.matched import Matched
from models.impact.significance.outcome import Outcome, student
from models.impact.significance.overlap import overlapping_rows
from models.impact.significance.ranks import row_ranks

RANK, DAYS = "placebo_rank", "placebo_days"
MIN_BLOCKS = 20
DAY_H, SHORTEST_KERNEL_H = 24.0, 36.0
DRAWS = 999


def normal_scores(own: Array, control: Array) -> Array:
    """Normal scores of each release (first column) and of its controls among all of them, [N, 1 + K]; NaN where
    unknown.

    `own` [N], `control` [N, K]. A release with fewer than MIN_CONTROLS known controls has none. Van der Waerden (1952).
    """
    both = np.concatenate([own[:, None], control], axis=1)
    known = np.isfinite(both)
    usable = known[:, 0] & (known[:, 1:].sum(1) >= MIN_CONTROLS)
    ranks = row_ranks(np.where(usable[:, None], both, np.nan))
    n = np.maximum(known.sum(1, keepdims=True), 1)
    return np.where(ranks > 0, special.ndtri(np.clip((ranks - 0.5) / n, 1e-12, 1 - 1e-12)), np.nan)


def blocks(when_h: Array, window_h: float) -> int:
    """How many days (or as many days as the window has) hold a release: what a group's evidence counts by."""
    return len(np.unique(np.floor(when_h / _span(window_h))))


def _span(window_h: float) -> float:
    return DAY_H * max(1.0, np.ceil(abs(window_h) / DAY_H))


def placebo_rank(scores: Array, matched: Matched, hours: Array, window_h: float) -> Outcome | None:
    """Test that the mean normal score is zero, with a variance that allows for windows in common.

    `scores` [N, 1 + K] as `normal_scores` gives them for the releases of `matched`; `hours` [T] since 1970 of the
    closes of the grid. Releases and controls enter as points in time: a score is (1 − 1/m) of the release's own value
    less that of its m − 1 controls. None below MIN_BLOCKS days with a release. Student's t with one degree less than
    those.
    """
    valid = np.isfinite(scores[:, 0])
    own, row = scores[valid, 0], matched.row[valid]
    n_blocks = blocks(hours[row], window_h)
    if n_blocks < MIN_BLOCKS:
        return None
    variance = _variance(scores[valid], row, matched.control_row[valid], hours, max(abs(window_h), SHORTEST_KERNEL_H))
    statistic = float(own.mean() / np.sqrt(variance)) if variance > 0 else 0.0
    return replace(student(RANK, statistic, len(own), n_blocks - 1), estimate=float(own.mean()))


def _variance(
    scores: Array, row: NDArray[np.int64], control_row: NDArray[np.int64], hours: Array, width: float
) -> float:
    """Variance of the mean score: Bartlett weights over all points in time, the bias of centring taken out."""
    n, mean = len(scores), scores[:, 0].mean()
    known = np.isfinite(scores)
    m = known.sum(1)
    of_release = (scores[:, 0] - mean) * (1 - 1 / m) / n
    of_controls = -(scores[:, 1:] + (mean / np.maximum(m - 1, 1))[:, None]) / (m * n)[:, None]
    used = known[:, 1:]
    u, at = np.concatenate([of_release, of_controls[used]]), np.concatenate([row, control_row[used]])
    total = max(overlapping_rows(u, at, hours, width), 0.25 * float((u**2).sum()))
    centred = 1 - overlapping_rows(np.full(n, 1 / n), row, hours, width)
    return total / max(centred, 0.5)


def placebo_days(scores: Array, when_h: Array, window_h: float, *, draws: int = DRAWS, seed: int = 7) -> Outcome | None:
    """Test of the same by exchanging whole days (as many as two windows have) for those of their placebo times.

    A draw takes for every day one column of `scores` [N, 1 + K], the same for all its releases, so that what they share
    stays together. Studentised over days. Columns that fewer than half a day's releases have are not drawn.
    """
    length_h = 2 * abs(window_h) if abs(window_h) > DAY_H / 2 else DAY_H
    valid = np.isfinite(scores[:, 0])
    s = scores[valid]
    _, day = np.unique(np.floor(when_h[valid] / _span(length_h)), return_inverse=True)
    n_days = int(day.max()) + 1 if len(day) else 0
    if n_days < MIN_BLOCKS:
        return None
    total, count = np.zeros((n_days, s.shape[1])), np.zeros((n_days, s.shape[1]))
    np.add.at(total, day, np.nan_to_num(s))
    np.add.at(count, day, np.isfinite(s))
    drawable = count >= 0.5 * count[:, :1]
    order = np.argsort(~drawable, axis=1, kind="stable")
    pick = (np.random.default_rng(seed).random((draws, n_days)) * drawable.sum(1)).astype(np.int64)
    rows = np.arange(n_days)
    drawn = total[rows, order[rows, pick]]
    with np.errstate(invalid="ignore", divide="ignore"):
        t = drawn.sum(1) / np.sqrt((drawn**2).sum(1))
        observed = total[:, 0].sum() / np.sqrt((total[:, 0] ** 2).sum())
    above, below = (1 + (t >= observed - 1e-12).sum()) / (1 + draws), (1 + (t <= observed + 1e-12).sum()) / (1 + draws)
    p = float(min(1.0, 2 * min(above, below)))
    return Outcome(DAYS, float(s[:, 0].mean()), None, None, float(np.nan_to_num(observed)), p, len(s))
