"""Classic tests of no abnormal return, each a function of scaled residuals and moves of one window."""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from domain.types import Array
from models.impact.significance.outcome import Outcome, interval, normal, student

MIN_SHIFTS, MAX_SHIFTS, SHIFTS_PER_WINDOW = 5, 240, 4


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
    that the event window has; being a t, it is robust to induced variance. `running` [N, S + 1] running sums of
    standardised residuals. Student's t with as many degrees as windows fit side by side (or are looked at, where that
    is fewer), ours; the argument is Ibragimov and Müller's (2010). p = 1 where fewer than MIN_SHIFTS
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
