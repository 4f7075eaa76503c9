"""Combination of models, and adaptive conformal calibration. Both learn from matured horizons only.

A forecast made at row t for horizon h has matured at row t + h; at origin s only forecasts with t + h ≤ s are known to
have been good or bad.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import CENTRAL, HORIZONS_H, LEVELS, MEDIAN
from models.quantiles.scores import crps

Rows = NDArray[np.int64]
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
MISS = 0.10
MAX_LOG_FACTOR = 0.7


def average(values: list[Array]) -> Array:
    """Quantiles averaged level by level, [N, H, Q] each: the horizontal mean of distributions. Never crosses."""
    return np.mean(values, axis=0)


def weighted_by_past(
    values: list[Array], outcome: Array, row: Rows, *, memory: float = 200.0, rate: float = 50.0
) -> Array:
    """Average with weights ∝ exp(−rate · mean past CRPS ÷ that of the equal average), per horizon, [N, H, Q].

    `values` M × [N, H, Q], `outcome` [N, H] (NaN where unknown), `row` [N] of the origins in order of time. The mean
    runs over matured origins with a memory of `memory` of them; before any has matured all weigh the same.
    """
    stacked = np.stack(values)  # [M, N, H, Q]
    levels = np.array(LEVELS)[CENTRAL]
    loss = np.stack([crps(v[..., CENTRAL], outcome, levels) for v in values])  # [M, N, H]
    equal = crps(average(values)[..., CENTRAL], outcome, levels)  # [N, H]
    origins, place = np.unique(row, return_inverse=True)
    out = np.empty_like(values[0])
    decay = 0.5 ** (1 / memory)
    for i, h in enumerate(HORIZONS_H):
        sums = _per_origin(np.vstack([loss[:, :, i], equal[None, :, i]]), place, len(origins))  # [M + 1, O]
        state, done = np.zeros(len(values) + 1), 0
        for o, origin in enumerate(origins):
            while done < o and origins[done] + h <= origin:
                state = decay * state + sums[:, done]
                done += 1
            ratio = state[:-1] / state[-1] if state[-1] > 0 else np.ones(len(values))
            weight = np.exp(-rate * (ratio - ratio.min()))
            here = place == o
            out[here, i] = np.einsum("m,mnq->nq", weight / weight.sum(), stacked[:, here, i])
    return out


def _per_origin(loss: Array, place: Rows, n: int) -> Array:
    """Sum of the known losses [M, N] per origin, [M, n]."""
    known = np.isfinite(loss).all(0)
    return np.stack([np.bincount(place[known], x[known], minlength=n) for x in loss])


@dataclass
class Conformal:
    """Adaptive conformal calibration: per horizon, and per asset around it, how much wider than the model.

    After Gibbs and Candès (2021), in the form of online quantile tracking (Angelopoulos, Candès and Tibshirani 2023):
    the log of a factor on the distance of every level from the median grows by rate · (misses of the 90 % band − 10 %)
    with each matured origin. `factor` [H] and `own` [A, H] are logs; 0 leaves the forecast as it is.
    """

    factor: Array
    own: Array
    rate: float = 0.05
    own_rate: float = 0.005

    @classmethod
    def fresh(cls, n_assets: int, rate: float = 0.05, own_rate: float = 0.005) -> "Conformal":
        """Nothing learned yet."""
        return cls(np.zeros(len(HORIZONS_H)), np.zeros((n_assets, len(HORIZONS_H))), rate, own_rate)

    def apply(self, values: Array, asset: Rows) -> Array:
        """Quantiles [N, H, Q] widened (or narrowed) around their medians."""
        log_factor = _bounded(self.factor + self.own[asset])
        center = values[..., [MEDIAN]]
        return center + (values - center) * np.exp(log_factor)[:, :, None]

    def learn(self, horizon: int, issued: Array, outcome: Array, asset: Rows) -> None:
        """One matured origin: the quantiles issued [N, Q], what came [N] (NaN is passed over), of which assets."""
        known = np.isfinite(outcome)
        if not known.any():
            return
        missed = ((outcome < issued[:, LOW]) | (outcome > issued[:, HIGH]))[known] - MISS
        self.factor[horizon] = _bounded(self.factor[horizon] + self.rate * missed.mean())
        own = self.own[asset[known], horizon] + self.own_rate * (missed - missed.mean())
        self.own[asset[known], horizon] = _bounded(own)


def _bounded(log_factor: Array) -> Array:
    """No wider or narrower than MAX_LOG_FACTOR: what is learned is bounded as it is applied, and cannot wind up."""
    return np.clip(log_factor, -MAX_LOG_FACTOR, MAX_LOG_FACTOR)


def calibrate(values: Array, outcome: Array, row: Rows, asset: Rows, state: Conformal) -> Array:
    """Calibrate forecasts [N, H, Q] in order of time, learning from matured ones on the way into `state`.

    `outcome` [N, H], `row` and `asset` [N] of the origins.
    """
    out = values.copy()
    origins = np.unique(row)
    members = {int(o): np.flatnonzero(row == o) for o in origins}
    done = [0] * len(HORIZONS_H)
    for origin in [*origins, np.inf]:
        for i, h in enumerate(HORIZONS_H):
            while done[i] < len(origins) and origins[done[i]] + h <= origin and origins[done[i]] < origin:
                past = members[int(origins[done[i]])]
                state.learn(i, out[past, i], outcome[past, i], asset[past])
                done[i] += 1
        if np.isfinite(origin):
            here = members[int(origin)]
            out[here] = state.apply(values[here], asset[here])
    return out
