"""Tests of no abnormal return, one vectorised core: rows are events, columns are bars or windows.

What does not depend on a group of events or on a window (ranks, standardised residuals) is computed once; every test is
then a formula over a column. Conventions: docs/methods.md.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from features.candles import Array
from models.impact.abnormal import Study, path
from models.impact.dependence import Pairs, pairs
from models.impact.outcome import MIN_EVENTS, Outcome, interval, normal, student
from models.impact.overlap import mean_with_overlap
from models.impact.ranks import corrado, corrado_sign, grank, row_ranks, scaled_ranks_and_signs
from models.impact.resampling import DRAWS, clustered_bootstrap, sign_flips, wild_bootstrap

DAY_H = 24.0
MIN_SHIFTS, MAX_SHIFTS, SHIFTS_PER_WINDOW = 5, 240, 4
CLASSIC = (
    "cross_sectional_t", "brown_warner_1980", "brown_warner_1985", "patell", "kp_patell", "bmp", "kp_bmp",
    "corrado_rank", "corrado_sign", "grank_t", "grank_z", "shifted_t", "sign", "generalised_sign", "wilcoxon",
)  # fmt: skip
RESAMPLED = ("permutation", "wild_bootstrap", "clustered_bootstrap")
TESTS = (*CLASSIC, *RESAMPLED, "mean_car")
STANDS = ("shifted_t", "clustered_bootstrap")


@dataclass(frozen=True)
class Ready:
    """What the tests of one benchmark share, for N events, W windows, T bars of estimation span and event window.

    `car`, `scar` [N, W] CAR, and CAR ÷ the sd of its prediction error (NaN where blank); `columns` [W, E] the bars of
    each window; `residual`, `gsar`, `gsar_rank` [N, S] estimation residuals (0 in gaps), standardised, their ranks;
    `running` [N, S + 1] running sums of the standardised; `rank`, `signs` [N, T] scaled ranks and signs of everything;
    `fit`, `n_estimation`, `positive` [N] residual sigma, bars that it is of, share of positive residuals;
    `neighbours` the pairs of events that may share bars; `step_h` length of a bar.
    """

    benchmark: str
    windows_h: tuple[float, ...]
    columns: NDArray[np.bool_]
    step_h: float
    neighbours: Pairs
    car: Array
    scar: Array
    residual: Array
    gsar: Array
    gsar_rank: Array
    running: Array
    rank: Array
    signs: Array
    fit: Array
    n_estimation: NDArray[np.int64]
    positive: Array

    def where(self, member: NDArray[np.bool_]) -> "Ready":
        """Those of some events; their neighbours stay those of all."""
        if member.all():
            return self
        return replace(self, **{name: getattr(self, name)[member] for name in PER_EVENT})


PER_EVENT = (
    "car", "scar", "residual", "gsar", "gsar_rank", "running", "rank", "signs", "fit", "n_estimation", "positive",
)  # fmt: skip


def window_columns(study: Study, window_h: float) -> NDArray[np.bool_]:
    """Bars of the event window in (0, window_h], or in (window_h, 0] where it is negative: the time before."""
    low, high = min(window_h, 0.0), max(window_h, 0.0)
    return (study.offsets_h > low + 1e-9) & (study.offsets_h <= high + 1e-9)


def ready(
    study: Study, windows_h: tuple[float, ...], row: NDArray[np.int64], blank: NDArray[np.bool_] | None = None
) -> Ready:
    """Prepare the tests of a study. `blank` [N, W]: windows of an event that are not to be read."""
    columns = np.array([window_columns(study, w) for w in windows_h]).reshape(len(windows_h), -1)
    car = window_cars(study, windows_h)
    if blank is not None:
        car = np.where(blank, np.nan, car)
    with np.errstate(invalid="ignore", divide="ignore"):
        gsar = study.estimation / study.fit[:, None]
    step = float(study.offsets_h[1] - study.offsets_h[0]) if len(study.offsets_h) > 1 else 1.0
    both = np.hstack([study.estimation, study.ar])
    known = np.isfinite(study.estimation)
    rank, signs = scaled_ranks_and_signs(both)
    known_gsar = np.where(np.isfinite(gsar), gsar, 0.0)
    return Ready(
        benchmark=study.benchmark, windows_h=windows_h, columns=columns, step_h=step,
        neighbours=pairs(study.estimation, row, int(columns.sum(1).max(initial=1))),
        car=car, scar=car / prediction_error(study, columns), residual=np.where(known, study.estimation, 0.0),
        gsar=gsar, gsar_rank=row_ranks(gsar), running=np.cumsum(np.pad(known_gsar, ((0, 0), (1, 0))), axis=1),
        rank=rank, signs=signs, fit=study.fit,
        n_estimation=known.sum(1), positive=(study.estimation > 0).sum(1) / np.maximum(known.sum(1), 1),
    )  # fmt: skip


def window_cars(study: Study, windows_h: tuple[float, ...]) -> Array:
    """CAR of each window, [N, W]: to its end, or for a negative one from its start to the base close."""
    paths, offsets = path(study), study.offsets_h
    ends = [int(np.argmin(np.abs(offsets - w))) for w in windows_h]
    sign = np.array([1.0 if w > 0 else -1.0 for w in windows_h])
    starts_before = [w < 0 and abs(offsets[e] - w) > 1e-9 for w, e in zip(windows_h, ends, strict=True)]
    out = paths[:, ends] * sign
    for i, before in enumerate(starts_before):
        if before:  # the path holds moves from its first bar on: that bar's own move belongs to the window
            out[:, i] -= np.nan_to_num(study.ar[:, 0]) * sign[i]
    return np.asarray(out)


def prediction_error(study: Study, columns: NDArray[np.bool_]) -> Array:
    """Sd of each window's CAR as an error of prediction, [N, W]: σ √(L + L²/n + (Σ leverage)²); NaN where σ is 0."""
    length = columns.sum(1).astype(np.float64)
    spread = (study.leverage @ columns.T.astype(np.float64)) ** 2
    variance = length + length**2 * study.of_mean[:, None] + spread
    sigma = np.where(study.fit > 0, study.fit, np.nan)
    return np.asarray(sigma[:, None] * np.sqrt(variance))


def event_tests(
    made: Ready, members: list[NDArray[np.bool_]], when_h: Array, *, draws: int = DRAWS
) -> list[list[list[Outcome]]]:
    """Outcomes of every test for each group of events (masks [N]) and each window; none below MIN_EVENTS events.

    `when_h` [N]: hours since 1970 of the base closes. The clustered bootstrap takes the events of one UTC day (of as
    many days as a window has, where that is longer) for one cluster, and is not made below 20 of them.
    """
    out = []
    for member in members:
        part, when = made.where(member), when_h[member]
        known = np.isfinite(part.scar) & np.isfinite(part.car)
        drawn = _resampled(part, known, when, draws)
        means = _means_over_events(part, known)
        out.append([
            _classic(part, w, known[:, w], member, [m[:, w] for m in means])
            + [o for o in (drawn[t][w] for t in RESAMPLED) if o]
            + _mean_car(part, w, known[:, w], when)
            for w in range(len(made.windows_h))
        ])  # fmt: skip
    return out


def _means_over_events(part: Ready, known: NDArray[np.bool_]) -> list[Array]:
    """Mean rank [T, W], mean sign [T, W] and mean residual [S, W] over the events that each window knows."""
    weight = known / np.maximum(known.sum(0), 1)
    if len(known) and (known == known[:, :1]).all():  # one mean for all windows
        return [
            np.repeat((x.T @ weight[:, :1]), known.shape[1], axis=1) for x in (part.rank, part.signs, part.residual)
        ]
    return [x.T @ weight for x in (part.rank, part.signs, part.residual)]


def _classic(
    part: Ready, w: int, known: NDArray[np.bool_], member: NDArray[np.bool_], means: list[Array]
) -> list[Outcome]:  # fmt: skip
    n = int(known.sum())
    if n < MIN_EVENTS:
        return []
    counted = member.copy()
    counted[member] = known
    part = part.where(known)
    car, scar, chosen = part.car[:, w], part.scar[:, w], part.columns[w]
    length = int(chosen.sum())
    r = part.neighbours.mean(counted, length)
    tested_bmp, tested_patell = bmp(scar), patell(scar, part.n_estimation)
    bars = np.concatenate([np.zeros(part.residual.shape[1], dtype=bool), chosen])
    mean_rank, mean_sign, mean_residual = means
    return [
        cross_sectional_t(car),
        brown_warner_1980(car, part.fit, length), brown_warner_1985(car, mean_residual, length),
        tested_patell, kp_patell(tested_patell, r), tested_bmp, kp_bmp(tested_bmp, r),
        corrado(mean_rank, bars, n), corrado_sign(mean_sign, bars, n), *grank(scar, part.gsar, part.gsar_rank),
        shifted_t(scar, part.running, length),
        sign(car), generalised_sign(car, float(part.positive.mean())), wilcoxon(scar),
    ]  # fmt: skip


def _resampled(part: Ready, known: NDArray[np.bool_], when_h: Array, draws: int) -> dict[str, list[Outcome | None]]:
    """The tests that draw, per window."""
    x = np.where(known, part.scar, np.nan)
    clustered: list[Outcome | None] = [None] * len(part.windows_h)
    spans = np.maximum(np.ceil(np.abs(np.array(part.windows_h)) / DAY_H), 1) * DAY_H
    for span in np.unique(spans):
        at = np.flatnonzero(spans == span)
        cluster = np.floor(when_h / span).astype(np.int64)
        for i, o in zip(at, clustered_bootstrap(x[:, at], cluster, draws=draws), strict=True):
            clustered[i] = o
    return {
        "permutation": sign_flips(x, draws=draws), "wild_bootstrap": wild_bootstrap(x, draws=draws),
        "clustered_bootstrap": clustered,
    }  # fmt: skip


def _mean_car(part: Ready, w: int, known: NDArray[np.bool_], when_h: Array) -> list[Outcome]:
    width = max(abs(part.windows_h[w]), part.step_h)
    found = mean_with_overlap(part.car[known, w], when_h[known], width, test="mean_car")
    return [found] if found else []


def cross_sectional_t(car: Array) -> Outcome:
    """Mean CAR ÷ its cross-sectional standard error; t with n − 1 degrees."""
    return interval("cross_sectional_t", float(car.mean()), float(car.std(ddof=1) / np.sqrt(len(car))), len(car))


def brown_warner_1980(car: Array, sigma: Array, n_bars: int) -> Outcome:
    """Mean CAR ÷ the sd that independent events with residual `sigma` [N] have. Brown and Warner (1980)."""
    n = len(car)
    sd = np.sqrt((sigma**2).sum() * n_bars) / n
    return normal("brown_warner_1980", car.mean() / sd if sd > 0 else 0.0, n)


def brown_warner_1985(car: Array, mean_residual: Array, n_bars: int) -> Outcome:
    """Mean CAR ÷ the sd over time of the mean residual [S] × √bars: common shocks counted. Brown and Warner (1985)."""
    sd = mean_residual.std(ddof=1) * np.sqrt(n_bars)
    df = len(mean_residual) - 1
    return student("brown_warner_1985", car.mean() / sd if sd > 0 else 0.0, len(car), df)


def patell(scar: Array, n_estimation: NDArray[np.int64]) -> Outcome:
    """Sum of standardised CARs ÷ its theoretical deviation, variance (n − 2) ÷ (n − 4) each. Patell (1976)."""
    variance = (n_estimation - 2) / np.maximum(n_estimation - 4, 1)
    return normal("patell", scar.sum() / np.sqrt(variance.sum()), len(scar))


def kp_patell(tested: Outcome, correlation: float) -> Outcome:
    """Patell's test with the variance that correlated events have. Kolari and Pynnönen (2010)."""
    return normal("kp_patell", tested.statistic / np.sqrt(1 + (tested.n - 1) * correlation), tested.n)


def bmp(scar: Array) -> Outcome:
    """Standardised cross-sectional test, robust to induced variance. Boehmer, Musumeci and Poulsen (1991)."""
    n = len(scar)
    sd = scar.std(ddof=1)
    return student("bmp", scar.mean() / (sd / np.sqrt(n)) if sd > 0 else 0.0, n, n - 1)


def kp_bmp(tested: Outcome, correlation: float) -> Outcome:
    """The BMP test with the variance that correlated events have. Kolari and Pynnönen (2010)."""
    factor = np.sqrt(max(1 - correlation, 0.0) / (1 + (tested.n - 1) * correlation))
    return student("kp_bmp", tested.statistic * factor, tested.n, tested.n - 1)


def shifted_t(scar: Array, running: Array, n_bars: int) -> Outcome:
    """The cross-sectional t of standardised CARs [N] against its own spread over windows of the estimation span.

    All events are shifted together, so that a window has the ties between events, the tails and the autocorrelation
    that the event window has; being a t, it does not mind induced variance. `running` [N, S + 1] running sums of
    standardised residuals. Student's t with as many degrees as windows fit side by side (or are looked at, where that
    is fewer), ours; the argument is Ibragimov and Müller's (2010). Nothing is said (p = 1) where fewer than MIN_SHIFTS
    fit.
    """
    n, s = len(scar), running.shape[1] - 1
    fit = s // n_bars
    if fit < MIN_SHIFTS:
        return Outcome("shifted_t", None, None, None, 0.0, 1.0, n)
    start = np.arange(0, s - n_bars + 1, max(1, n_bars // SHIFTS_PER_WINDOW, s // MAX_SHIFTS))
    shifted = running[:, start + n_bars] - running[:, start]
    spread = np.sqrt(np.mean(_cross_t(shifted) ** 2))
    statistic = _cross_t(scar[:, None])[0] / spread if spread > 0 else 0.0
    return student("shifted_t", statistic, n, min(fit, len(start)))


def _cross_t(x: Array) -> Array:
    """Mean ÷ its standard error of each column of [N, K], [K]; 0 where there is no spread."""
    n, mean = len(x), x.mean(0)
    sd = np.sqrt(np.maximum(np.einsum("nk,nk->k", x, x) - n * mean**2, 0.0) / (n - 1))
    return np.divide(mean * np.sqrt(n), sd, out=np.zeros(x.shape[1]), where=sd > 0)


def sign(car: Array) -> Outcome:
    """Share of positive CARs against one half, normal approximation."""
    n = len(car)
    return normal("sign", ((car > 0).sum() - 0.5 * n) / np.sqrt(0.25 * n), n)


def generalised_sign(car: Array, share: float) -> Outcome:
    """Share of positive CARs against that of positive residuals in the estimation spans. Cowan (1992)."""
    n = len(car)
    spread = np.sqrt(n * share * (1 - share))
    return normal("generalised_sign", ((car > 0).sum() - n * share) / spread if spread > 0 else 0.0, n)


def wilcoxon_w(values: Array) -> float:
    """Sum of the ranks of |value| over positive values, ties averaged. Wilcoxon (1945)."""
    return float(stats.rankdata(np.abs(values))[values > 0].sum())


def wilcoxon(values: Array) -> Outcome:
    """Signed ranks against symmetry around zero, zeros left out; exact without ties up to 50 events."""
    x = values[values != 0]
    n = len(x)
    if n == 0:
        return Outcome("wilcoxon", None, None, None, 0.0, 1.0, len(values))
    ranks = stats.rankdata(np.abs(x))
    w = wilcoxon_w(x)
    z = (w - n * (n + 1) / 4) / np.sqrt((ranks**2).sum() / 4)
    if n <= 50 and len(np.unique(ranks)) == n:
        p = float(min(1.0, 2 * stats.wilcoxon(x, alternative="greater" if z > 0 else "less", method="exact").pvalue))
    else:
        p = float(2 * special.ndtr(-abs(z)))
    return Outcome("wilcoxon", None, None, None, float(z), p, len(values))
