"""Tests of no abnormal return, one vectorised core: rows are events, columns are bars or windows.

What does not depend on a group of events or on a window (ranks, standardised residuals) is computed once; every test is
then a formula over a column. Conventions: docs/methods.md.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.benchmarks import AbnormalReturns
from models.impact.measure.paths import car_path
from models.impact.significance.classic import (
    bmp,
    brown_warner_1980,
    brown_warner_1985,
    cross_sectional_t,
    generalised_sign,
    kp_bmp,
    kp_patell,
    patell,
    shifted_t,
    sign,
    wilcoxon,
)
from models.impact.significance.dependence import EventPairs, event_pairs
from models.impact.significance.outcome import MIN_EVENTS, Outcome
from models.impact.significance.overlap import mean_with_overlap
from models.impact.significance.ranks import corrado, corrado_sign, grank, row_ranks, scaled_ranks_and_signs
from models.impact.significance.resampling import DRAWS, clustered_bootstrap, sign_flips, wild_bootstrap

DAY_H = 24.0
CLASSIC = (
    "cross_sectional_t", "brown_warner_1980", "brown_warner_1985", "patell", "kp_patell", "bmp", "kp_bmp",
    "corrado_rank", "corrado_sign", "grank_t", "grank_z", "shifted_t", "sign", "generalised_sign", "wilcoxon",
)  # fmt: skip
RESAMPLED = ("permutation", "wild_bootstrap", "clustered_bootstrap")
TESTS = (*CLASSIC, *RESAMPLED, "mean_car")


@dataclass(frozen=True)
class PreparedStudy:
    """What the tests of one benchmark share, for N events, W windows, T bars of estimation span and event window.

    `car`, `scar` [N, W] CAR, and CAR ÷ the sd of its prediction error (NaN where blank); `columns` [W, E] the bars of
    each window; `residual`, `gsar`, `gsar_rank` [N, S] estimation residuals (0 in gaps), standardised, their ranks;
    `running` [N, S + 1] running sums of the standardised; `rank`, `signs` [N, T] scaled ranks and signs of everything;
    `residual_sigma`, `n_estimation`, `positive` [N] residual sigma, its number of bars, share of positive residuals;
    `neighbours` the pairs of events that may share bars; `step_h` length of a bar.
    """

    benchmark: str
    windows_h: tuple[float, ...]
    columns: NDArray[np.bool_]
    step_h: float
    neighbours: EventPairs
    car: Array
    scar: Array
    residual: Array
    gsar: Array
    gsar_rank: Array
    running: Array
    rank: Array
    signs: Array
    residual_sigma: Array
    n_estimation: NDArray[np.int64]
    positive: Array

    def where(self, member: NDArray[np.bool_]) -> "PreparedStudy":
        """The part of the events that `member` [N] selects; `neighbours` still covers all events."""
        if member.all():
            return self
        return replace(self, **{name: getattr(self, name)[member] for name in PER_EVENT})


PER_EVENT = (
    "car", "scar", "residual", "gsar", "gsar_rank", "running", "rank", "signs", "residual_sigma", "n_estimation",
    "positive",
)  # fmt: skip


def window_columns(returns: AbnormalReturns, window_h: float) -> NDArray[np.bool_]:
    """Bars of the event window in (0, window_h], or in (window_h, 0] where it is negative: the time before."""
    low, high = min(window_h, 0.0), max(window_h, 0.0)
    return (returns.offsets_h > low + 1e-9) & (returns.offsets_h <= high + 1e-9)


def prepare(
    returns: AbnormalReturns,
    windows_h: tuple[float, ...],
    row: NDArray[np.int64],
    blank: NDArray[np.bool_] | None = None,
    *,
    like: PreparedStudy | None = None,
) -> PreparedStudy:
    """Compute what all tests of these returns share. `blank` [N, W]: windows of an event to be ignored.

    `like`: a study of the same events and windows whose estimation residuals are the same ones.
    """
    columns = np.array([window_columns(returns, w) for w in windows_h]).reshape(len(windows_h), -1)
    car = window_cars(returns, windows_h)
    if blank is not None:
        car = np.where(blank, np.nan, car)
    with np.errstate(invalid="ignore", divide="ignore"):
        gsar = returns.estimation / returns.residual_sigma[:, None]
    step = float(returns.offsets_h[1] - returns.offsets_h[0]) if len(returns.offsets_h) > 1 else 1.0
    both = np.hstack([returns.estimation, returns.ar])
    known = np.isfinite(returns.estimation)
    rank, signs = scaled_ranks_and_signs(both)
    if like is not None:
        scar = car / prediction_error(returns, columns)
        return replace(like, benchmark=returns.benchmark, car=car, scar=scar, rank=rank, signs=signs)
    known_gsar = np.where(np.isfinite(gsar), gsar, 0.0)
    return PreparedStudy(
        benchmark=returns.benchmark, windows_h=windows_h, columns=columns, step_h=step,
        neighbours=event_pairs(returns.estimation, row, int(columns.sum(1).max(initial=1))),
        car=car, scar=car / prediction_error(returns, columns), residual=np.where(known, returns.estimation, 0.0),
        gsar=gsar, gsar_rank=row_ranks(gsar), running=np.cumsum(np.pad(known_gsar, ((0, 0), (1, 0))), axis=1),
        rank=rank, signs=signs, residual_sigma=returns.residual_sigma,
        n_estimation=known.sum(1), positive=(returns.estimation > 0).sum(1) / np.maximum(known.sum(1), 1),
    )  # fmt: skip


def window_cars(returns: AbnormalReturns, windows_h: tuple[float, ...]) -> Array:
    """CAR of each window, [N, W]: to its end, or for a negative one from its start to the base close."""
    paths, offsets = car_path(returns), returns.offsets_h
    ends = [int(np.argmin(np.abs(offsets - w))) for w in windows_h]
    sign = np.array([1.0 if w > 0 else -1.0 for w in windows_h])
    starts_before = [w < 0 and abs(offsets[e] - w) > 1e-9 for w, e in zip(windows_h, ends, strict=True)]
    out = paths[:, ends] * sign
    for i, before in enumerate(starts_before):
        if before:  # the path holds moves from its first bar on: that bar's own move belongs to the window
            out[:, i] -= np.nan_to_num(returns.ar[:, 0]) * sign[i]
    return np.asarray(out)


def prediction_error(returns: AbnormalReturns, columns: NDArray[np.bool_]) -> Array:
    """Sd of each window's CAR as an error of prediction, [N, W]: σ √(L + L²/n + (Σ leverage)²); NaN where σ is 0."""
    length = columns.sum(1).astype(np.float64)
    spread = (returns.leverage @ columns.T.astype(np.float64)) ** 2
    variance = length + length**2 * returns.of_mean[:, None] + spread
    sigma = np.where(returns.residual_sigma > 0, returns.residual_sigma, np.nan)
    return np.asarray(sigma[:, None] * np.sqrt(variance))


def event_tests(
    prepared: PreparedStudy, members: list[NDArray[np.bool_]], when_h: Array, *, draws: int = DRAWS
) -> list[list[list[Outcome]]]:
    """Outcomes of every test for each group of events (masks [N]) and each window; none below MIN_EVENTS events.

    `when_h` [N]: hours since 1970 of the base closes. In the clustered bootstrap the events of one UTC day (or of as
    many days as a longer window has) are one cluster; it needs at least 20 of them.
    """
    out = []
    for member in members:
        part, when = prepared.where(member), when_h[member]
        known = np.isfinite(part.scar) & np.isfinite(part.car)
        subsets = _Subsets(part)
        resampled = _resampled(part, known, when, draws)
        means = _means_over_events(part, known)
        out.append(
            [
                _classic(subsets, w, known[:, w], member, [m[:, w] for m in means])
                + [o for o in (resampled[t][w] for t in RESAMPLED) if o]
                + _mean_car(part, w, known[:, w], when)
                for w in range(len(prepared.windows_h))
            ]
        )
    return out


def _means_over_events(part: PreparedStudy, known: NDArray[np.bool_]) -> list[Array]:
    """Mean rank [T, W], mean sign [T, W] and mean residual [S, W] over the events that each window knows."""
    weight = known / np.maximum(known.sum(0), 1)
    if len(known) and (known == known[:, :1]).all():  # one mean for all windows
        return [
            np.repeat((x.T @ weight[:, :1]), known.shape[1], axis=1) for x in (part.rank, part.signs, part.residual)
        ]
    return [x.T @ weight for x in (part.rank, part.signs, part.residual)]


class _Subsets:
    """The part of a prepared study that a window's known events are; windows that know the same ones share it."""

    def __init__(self, part: PreparedStudy) -> None:
        self.part = part
        self._last: tuple[bytes, PreparedStudy] | None = None

    def of(self, known: NDArray[np.bool_]) -> PreparedStudy:
        """The events `known` [N]."""
        key = known.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self.part.where(known))
        return self._last[1]


def _classic(
    subsets: _Subsets, w: int, known: NDArray[np.bool_], member: NDArray[np.bool_], means: list[Array]
) -> list[Outcome]:
    """The tests of CLASSIC for window `w` and its `known` events; `means` as `_means_over_events` gives them."""
    n = int(known.sum())
    if n < MIN_EVENTS:
        return []
    counted = member.copy()
    counted[member] = known
    part = subsets.of(known)
    car, scar, chosen = part.car[:, w], part.scar[:, w], part.columns[w]
    length = int(chosen.sum())
    r = part.neighbours.mean(counted, length)
    tested_bmp, tested_patell = bmp(scar), patell(scar, part.n_estimation)
    bars = np.concatenate([np.zeros(part.residual.shape[1], dtype=bool), chosen])
    mean_rank, mean_sign, mean_residual = means
    return [
        cross_sectional_t(car),
        brown_warner_1980(car, part.residual_sigma, length), brown_warner_1985(car, mean_residual, length),
        tested_patell, kp_patell(tested_patell, r), tested_bmp, kp_bmp(tested_bmp, r),
        corrado(mean_rank, bars, n), corrado_sign(mean_sign, bars, n), *grank(scar, part.gsar, part.gsar_rank),
        shifted_t(scar, part.running, length),
        sign(car), generalised_sign(car, float(part.positive.mean())), wilcoxon(scar),
    ]  # fmt: skip


def _resampled(
    part: PreparedStudy, known: NDArray[np.bool_], when_h: Array, draws: int
) -> dict[str, list[Outcome | None]]:
    """The resampling tests, per window."""
    x = np.where(known, part.scar, np.nan)
    clustered: list[Outcome | None] = [None] * len(part.windows_h)
    spans = np.maximum(np.ceil(np.abs(np.array(part.windows_h)) / DAY_H), 1) * DAY_H
    for span in np.unique(spans):
        at = np.flatnonzero(spans == span)
        cluster = np.floor(when_h / span).astype(np.int64)
        for i, o in zip(at, clustered_bootstrap(x[:, at], cluster, draws=draws), strict=True):
            clustered[i] = o
    return {
        "permutation": sign_flips(x, draws=draws),
        "wild_bootstrap": wild_bootstrap(x, draws=draws),
        "clustered_bootstrap": clustered,
    }


def _mean_car(part: PreparedStudy, w: int, known: NDArray[np.bool_], when_h: Array) -> list[Outcome]:
    width = max(abs(part.windows_h[w]), part.step_h)
    found = mean_with_overlap(part.car[known, w], when_h[known], width, test="mean_car")
    return [found] if found else []
