"""Tests of event studies, one vectorised core: rows are events, columns are bars.

Conventions (docs/methods.md): residual sigma² = SSE ÷ (n − 2); standardised abnormal returns carry the forecast-error
factor; the multi-bar forms add standardised abnormal returns; Corrado ranks run over estimation span and event window.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from features.candles import Array
from models.impact.abnormal import Study
from models.impact.placebo import Placebo

MIN_EVENTS = 5
MIN_KERNEL_H = 36.0


@dataclass(frozen=True)
class Outcome:
    """A test's estimate with interval (where it has one), statistic, two-sided p-value, number of events."""

    test: str
    estimate: float | None
    low: float | None
    high: float | None
    statistic: float
    p_value: float
    n: int


def window_columns(study: Study, window_h: float) -> NDArray[np.bool_]:
    """Bars of the event window that lie in (0, window_h]."""
    return (study.offsets_h > 1e-9) & (study.offsets_h <= window_h + 1e-9)


def all_tests(study: Study, columns: NDArray[np.bool_]) -> list[Outcome]:
    """Every classic test of no abnormal return over the bars chosen by `columns` [E]; none below MIN_EVENTS events."""
    if len(study.ar) < MIN_EVENTS:
        return []
    car = np.nan_to_num(study.ar[:, columns], nan=0.0).sum(1)
    sar = standardised(study)[:, columns].sum(1)
    n_bars = int(columns.sum())
    return [
        cross_sectional_t(car),
        patell(sar, n_bars, np.isfinite(study.estimation).sum(1)),
        bmp(sar),
        corrado_rank(study, columns),
        sign(car),
        generalised_sign(car, study.estimation),
    ]


def standardised(study: Study) -> Array:
    """Standardised abnormal returns, [N, E]: AR ÷ (sigma × forecast-error factor); 0 in gaps."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(study.ar / (study.fit[:, None] * study.correction), nan=0.0, posinf=0.0, neginf=0.0)


def cross_sectional_t(car: Array) -> Outcome:
    """Mean CAR ÷ its cross-sectional standard error; t with n − 1 degrees."""
    n = len(car)
    se = car.std(ddof=1) / np.sqrt(n)
    half = stats.t(n - 1).ppf(0.975) * se
    mean = float(car.mean())
    return _outcome("cross_sectional_t", mean / se, stats.t(n - 1), n, mean, mean - half, mean + half)


def patell(sar: Array, n_bars: int, n_estimation: NDArray[np.int64]) -> Outcome:
    """Sum of standardised abnormal returns ÷ its theoretical deviation. Patell (1976)."""
    variance = n_bars * (n_estimation - 2) / (n_estimation - 4)
    return _outcome("patell", sar.sum() / np.sqrt(variance.sum()), stats.norm, len(sar))


def bmp(sar: Array) -> Outcome:
    """Standardised cross-sectional test, robust to induced variance. Boehmer, Musumeci and Poulsen (1991)."""
    n = len(sar)
    return _outcome("bmp", sar.mean() / (sar.std(ddof=1) / np.sqrt(n)), stats.t(n - 1), n)


def corrado_rank(study: Study, columns: NDArray[np.bool_]) -> Outcome:
    """Rank test over the chosen bars. Corrado (1989), with Corrado and Zivney's (1992) scaling for missing bars."""
    both = np.hstack([study.estimation, study.ar])
    scaled = scaled_ranks(both)
    mean = scaled.mean(0)
    s = np.sqrt(np.mean(mean**2))
    chosen = np.concatenate([np.zeros(study.estimation.shape[1], dtype=bool), columns])
    statistic = mean[chosen].sum() / (s * np.sqrt(columns.sum()))
    return _outcome("corrado_rank", statistic, stats.norm, len(both))


def scaled_ranks(x: Array) -> Array:
    """Rank ÷ (valid + 1) − ½ within each row, ties averaged, [N, T]; 0 where there is no value."""
    ranks = stats.rankdata(x, axis=1, nan_policy="omit")
    n = np.isfinite(x).sum(1, keepdims=True)
    return np.nan_to_num(ranks / (n + 1) - 0.5, nan=0.0)


def sign(car: Array) -> Outcome:
    """Share of positive CARs against one half, normal approximation."""
    n = len(car)
    return _outcome("sign", ((car > 0).sum() - 0.5 * n) / np.sqrt(0.25 * n), stats.norm, n)


def generalised_sign(car: Array, estimation: Array) -> Outcome:
    """Share of positive CARs against the share of positive residuals in the estimation spans. Cowan (1992)."""
    n = len(car)
    valid = np.isfinite(estimation)
    p = float(((estimation > 0).sum(1) / np.maximum(valid.sum(1), 1)).mean())
    if not 0 < p < 1:
        return Outcome("generalised_sign", None, None, None, 0.0, 1.0, n)
    return _outcome("generalised_sign", ((car > 0).sum() - n * p) / np.sqrt(n * p * (1 - p)), stats.norm, n)


def overlap_variance(influence: Array, when_h: Array, window_h: float) -> Array:
    """Σᵢⱼ k(tᵢ − tⱼ) uᵢ uⱼ with the Bartlett kernel k = max(0, 1 − |Δt| ÷ window), [...].

    `influence` [..., N]; `when_h` [N] ascending. Windows that overlap share prices; the kernel is the share of the
    window that two of them have in common. O(N log N) by running sums.
    """
    left = np.searchsorted(when_h, when_h - window_h, side="right")
    right = np.searchsorted(when_h, when_h + window_h, side="left")
    here = np.arange(len(when_h))
    u = _running_sum(influence)
    ut = _running_sum(influence * when_h)
    before, before_t = u[..., here + 1] - u[..., left], ut[..., here + 1] - ut[..., left]
    after, after_t = u[..., right] - u[..., here + 1], ut[..., right] - ut[..., here + 1]
    near = before * (1 - when_h / window_h) + before_t / window_h
    far = after * (1 + when_h / window_h) - after_t / window_h
    return (influence * (near + far)).sum(-1)


def _running_sum(x: Array) -> Array:
    return np.concatenate([np.zeros((*x.shape[:-1], 1)), np.cumsum(x, axis=-1)], axis=-1)


def mean_with_overlap(values: Array, when_h: Array, window_h: float, *, test: str) -> Outcome | None:
    """Mean of `values` [N], its 95 % interval and test of zero, with a variance that knows overlapping windows.

    None below MIN_EVENTS valid values.
    """
    valid = np.isfinite(values)
    n = int(valid.sum())
    if n < MIN_EVENTS:
        return None
    x, when = values[valid], when_h[valid]
    return _interval(test, float(x.mean()), (x - x.mean()) / n, when, window_h, n)


def excess_move(scaled: Array, placebo: Placebo, when_h: Array, hours: Array, window_h: float) -> Outcome | None:
    """Mean of |CAR| ÷ sigma less its placebo mean, with interval and test; None below MIN_EVENTS valid events.

    `scaled` [N] at base closes `when_h` [N] (hours since 1970); `hours` [T] the closes of the grid that
    `placebo.rows` index. Releases and placebo times enter the variance as points in time of their own, each with its
    share of the estimate: neighbouring releases share prices, and so do releases of one hour of the week, whose
    placebo times are the same. The kernel is at least MIN_KERNEL_H wide, since volatility outlasts a short window.
    """
    valid = np.isfinite(scaled) & np.isfinite(placebo.mean)
    n = int(valid.sum())
    if n < MIN_EVENTS:
        return None
    x, chosen = scaled[valid], placebo.where(valid)
    share = np.where(np.isfinite(chosen.moves), 1 / np.maximum(chosen.n, 1)[:, None], 0.0) / n
    moves = np.nan_to_num(chosen.moves, nan=0.0)
    quiet = float((share * moves).sum())
    u = np.concatenate([(x - x.mean()) / n, -(share * (moves - quiet)).ravel()])
    when = np.concatenate([when_h[valid], hours[np.maximum(chosen.rows, 0)].ravel()])
    counted = np.concatenate([np.ones(n, dtype=bool), (share > 0).ravel()])
    width = max(window_h, MIN_KERNEL_H)
    return _interval("excess_move", float(x.mean()) - quiet, u[counted], when[counted], width, n)


def _interval(test: str, mean: float, influence: Array, when: Array, width: float, n: int) -> Outcome:
    """Estimate ± t × standard error, with a kernel of `width` hours and its bias from centring taken out."""
    order = np.argsort(when, kind="stable")
    u, when = influence[order], when[order]
    centred = 1 - float(overlap_variance(np.full(n, 1 / n), np.sort(when[:n]), width))
    variance = max(float(overlap_variance(u, when, width)), 0.25 * float((u**2).sum()))
    se = np.sqrt(variance / max(centred, 0.5))
    half = float(stats.t(n - 1).ppf(0.975) * se)
    return _outcome(test, mean / se if se > 0 else 0.0, stats.t(n - 1), n, mean, mean - half, mean + half)


def _outcome(
    test: str, statistic: float, distribution: object, n: int,
    estimate: float | None = None, low: float | None = None, high: float | None = None,
) -> Outcome:  # fmt: skip
    value = float(np.nan_to_num(statistic, nan=0.0))
    p = float(2 * distribution.sf(abs(value)))  # type: ignore[attr-defined]
    return Outcome(test, estimate, low, high, value, p, n)
