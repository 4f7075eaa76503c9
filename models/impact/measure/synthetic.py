"""A single large case beside its synthetic control: the mix of other assets that moved as it did in the month before.

Abadie, Diamond and Hainmueller (2010): weights that are not negative and add up to one; chance is judged by making the
same comparison for every other asset (placebos in space) and ranking the ratio of the gap after to the gap before.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from domain.types import Array
from features.candles import Bars, log_returns

SPAN_H = 30 * 24.0
MIN_DONORS = 5
FILLED = 0.98
SUM_TO_ONE = 1e3


@dataclass(frozen=True)
class Beside:
    """A case beside its synthetic control: largest and last gap of the window (log), p-value, donors."""

    peak_gap: float
    end_gap: float
    p_value: float
    n_donors: int


def beside_synthetic(bars: Bars, asset: int, row: int, steps: int) -> Beside | None:
    """The `steps` bars after `row` beside a mix of the other assets, weighted on the SPAN_H before `row`.

    Looks `steps` bars past `row`. None where the span begins before the grid or fewer than MIN_DONORS other assets have
    nearly all of their returns in both.
    """
    span = round(SPAN_H / bars.step_h)
    if row - span < 0 or row + steps >= len(bars.close_ts):
        return None
    returns = log_returns(bars)[row - span + 1 : row + steps + 1]
    filled = np.isfinite(returns)
    whole = (filled[:span].mean(0) >= FILLED) & (filled[span:].mean(0) >= FILLED)
    donors = [int(a) for a in np.flatnonzero(whole) if a != asset]
    if not whole[asset] or len(donors) < MIN_DONORS:
        return None
    known = np.nan_to_num(returns)
    gap = _gap(known, asset, donors, span)
    own = _ratio(gap, span)
    others = [_ratio(_gap(known, d, [x for x in donors if x != d], span), span) for d in donors]
    after = np.cumsum(gap[span:])
    return Beside(
        float(after[np.abs(after).argmax()]), float(after[-1]),
        (1 + sum(r >= own for r in others)) / (1 + len(others)), len(donors),
    )  # fmt: skip


def weights_of(y: Array, x: Array) -> Array:
    """Weights [D] of the columns of `x` [T, D] whose mix is nearest to `y` [T]; none negative, their sum 1."""
    scale = float(np.sqrt((x**2).sum() / x.shape[1])) or 1.0
    rows = np.vstack([x / scale, np.full((1, x.shape[1]), SUM_TO_ONE)])
    found, _ = optimize.nnls(rows, np.append(y / scale, SUM_TO_ONE))
    return np.asarray(found / found.sum())


def _gap(returns: Array, asset: int, donors: list[int], span: int) -> Array:
    """Returns of the asset beyond those of its synthetic control, [T]; weighted on the first `span` rows."""
    mix = returns[:, donors]
    return returns[:, asset] - mix @ weights_of(returns[:span, asset], mix[:span])


def _ratio(gap: Array, span: int) -> float:
    """Root mean square of the gap's path after, ÷ that of as long paths before, end to end."""
    steps = len(gap) - span
    before = gap[span % steps : span].reshape(-1, steps).cumsum(axis=1)
    fit = float(np.sqrt((before**2).mean()))
    return float(np.sqrt((gap[span:].cumsum() ** 2).mean())) / fit if fit > 0 else np.inf
