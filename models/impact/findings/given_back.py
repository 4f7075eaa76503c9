"""What comes back: how the first move after releases went on, beside that of comparison times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.impact.measure.matched import Matched
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import excess_move
from models.impact.significance.placebo_ranks import normal_scores, placebo_rank
from models.impact.study import ImpactStudy

FIRST_BARS = 4
PATH_H = 72.0


@dataclass(frozen=True)
class GivenBack:
    """Of the first move of `first_h` hours: the share that came back by `until_h` beyond that at comparison times.

    `share` with its 95 % interval; negative where prices went on in the same direction. `usual`: the share at
    comparison times. `tested`: signed continuations ranked among those of comparison times; None below the days that a
    test needs. `half_life_h`: hours after the first move until half of its mean is left, None where it is not within
    PATH_H.
    """

    first_h: float
    until_h: float
    share: float
    low: float
    high: float
    usual: float
    tested: Outcome | None
    half_life_h: float | None


def given_back(study: ImpactStudy, member: NDArray[np.bool_], until_h: float) -> GivenBack | None:
    """What the releases `member` [N] gave back until a window's end; None where too few are measured.

    The direction is that of the first FIRST_BARS bars after the last close. A share is that of the whole first move, of
    which a part is chance and does not come back: where all of an effect comes back, the share is less than one.
    """
    first_h = FIRST_BARS * study.bars.step_h
    if until_h < 2 * first_h:
        return None
    later, first = (m.where(member & study.clean(until_h)) for m in study.moves.continued(first_h, until_h))
    size = float(np.nanmean(first.own)) if np.isfinite(first.own).any() else 0.0
    known = np.isfinite(later.excess)
    if known.sum() < FIRST_BARS or not size > 0:
        return None
    back = -float(np.mean(later.excess[known])) / float(np.mean(first.own[known]))
    usual = -float(np.nansum(later.control[known])) / float(np.nansum(first.control[known]))
    unlike = Matched(-later.own - back * first.own, -later.control, later.row, later.control_row)
    spread = excess_move(unlike, study.hours, until_h, test="given_back")
    if spread is None or spread.low is None or spread.high is None:
        return None
    half = (spread.high - spread.low) / 2 / float(np.mean(first.own[known]))
    tested = placebo_rank(normal_scores(later.own, later.control), later, study.hours, until_h)
    return GivenBack(first_h, until_h, back, back - half, back + half, usual, tested, half_life(study, member))


def half_life(study: ImpactStudy, member: NDArray[np.bool_]) -> float | None:
    """Hours after the first move until the mean signed path, in sigmas of the first, is at half of it."""
    first, step = FIRST_BARS, study.bars.step_h
    grid, clean = study.moves.grids[study.moves.primary], study.clean(FIRST_BARS * step)
    row, asset = study.sample.events.row[member & clean], study.sample.events.asset[member & clean]
    start = grid.moved(row, asset, first)
    unit = np.sign(start) / grid.sigma(row, asset, first)
    size = np.nanmean(start * unit)
    for bars in range(first + 1, round(min(PATH_H, study.design.after_h) / step) + 1):
        at = grid.moved(row, asset, bars) * unit
        if np.isfinite(at).any() and np.nanmean(at) <= size / 2:
            return float((bars - first) * step)
    return None
