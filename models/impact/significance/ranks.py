"""Ranks within rows, and the rank tests of event studies."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from domain.types import Array
from models.impact.significance.outcome import Outcome, normal, student


def row_ranks(x: Array) -> Array:
    """Ranks from 1 of the known values within each row, ties averaged, [N, T]; 0 where there is none."""
    filled = np.where(np.isfinite(x), x, np.inf)
    return _ranked(filled, np.sort(filled, axis=1))


def _ranked(filled: Array, ordered: Array) -> Array:
    """Ranks of rows whose unknown values are infinite, given the same rows in order; 0 where unknown."""
    ranks = np.empty(filled.shape)
    np.put_along_axis(ranks, np.argsort(filled, axis=1), np.arange(1.0, filled.shape[1] + 1)[None], axis=1)
    tied = ((ordered[:, 1:] == ordered[:, :-1]) & np.isfinite(ordered[:, 1:])).any(1)
    if tied.any():
        ranks[tied] = stats.rankdata(filled[tied], axis=1)
    ranks[np.isinf(filled)] = 0.0
    return ranks


def scaled_ranks_and_signs(x: Array) -> tuple[Array, Array]:
    """Within each row of [N, T]: rank ÷ (known + 1) − ½, and the sign against the median; 0 where there is no value.

    Corrado and Zivney (1992).
    """
    known = np.isfinite(x)
    filled = np.where(known, x, np.inf)
    ordered = np.sort(filled, axis=1)
    n = known.sum(1, keepdims=True)
    ranks = _ranked(filled, ordered) / (n + 1) - 0.5
    last = np.maximum(n, 1)
    middle = np.take_along_axis(ordered, np.hstack([(last - 1) // 2, last // 2]), axis=1)
    signs = np.sign(filled - np.where(n > 0, middle.mean(1, keepdims=True), 0.0))
    if not known.all():
        ranks[~known] = signs[~known] = 0.0
    return ranks, signs


def corrado(mean_rank: Array, chosen: NDArray[np.bool_], n: int) -> Outcome:
    """Rank test over the chosen bars; `mean_rank` [T] of estimation span and event window together.

    Corrado (1989), with Cowan's (1992) sum over the bars of a window.
    """
    return _over_time("corrado_rank", mean_rank, chosen, n)


def corrado_sign(mean_sign: Array, chosen: NDArray[np.bool_], n: int) -> Outcome:
    """Sign test over the chosen bars; `mean_sign` [T] of signs against the median. Corrado and Zivney (1992)."""
    return _over_time("corrado_sign", mean_sign, chosen, n)


def _over_time(test: str, mean: Array, chosen: NDArray[np.bool_], n: int) -> Outcome:
    """Sum of a mean over the chosen bars ÷ its spread over all bars × √bars."""
    s = np.sqrt(np.mean(mean**2))
    return normal(test, mean[chosen].sum() / (s * np.sqrt(chosen.sum())) if s > 0 else 0.0, n)


def grank(scar: Array, gsar: Array, ranks: Array) -> tuple[Outcome, Outcome]:
    """GRANK-T and GRANK-Z: the rank of each standardised CAR among its standardised estimation residuals.

    `scar` [N]; `gsar`, `ranks` [N, S] residuals and their ranks among themselves. The CARs are standardised once more
    by their cross-section. GRANK-T holds the mean rank against its spread over time, so that it is robust to common
    shocks; GRANK-Z against the spread that independent ranks have. Kolari and Pynnönen (2011).
    """
    n = len(scar)
    spread = scar.std(ddof=1)
    star = (scar / spread if spread > 0 else np.zeros(n))[:, None]
    known = np.isfinite(gsar)
    m, n_known = known.sum(1) + 1, known.sum(0)
    above, same = gsar > star, gsar == star
    n_same = 0.5 * same.sum(1) if same.any() else np.zeros(n)
    own = m - above.sum(1) - n_same
    weight = 1 / (m + 1)
    total = weight @ ranks + _weighted(weight, above) - 0.5 * n_known
    if n_same.any():
        total += 0.5 * _weighted(weight, same)
    event = own * weight - 0.5
    of_t = np.append(n_known, n)
    mean = np.append(np.divide(total, of_t[:-1], out=np.zeros_like(total), where=of_t[:-1] > 0), event.mean())
    t = len(mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = mean[-1] / np.sqrt(np.mean(of_t / n * mean**2))
        statistic = z * np.sqrt((t - 2) / (t - 1 - z**2))
        independent = event.sum() / np.sqrt(np.sum((m - 1) / (12 * (m + 1))))
    return student("grank_t", statistic, n, t - 2), normal("grank_z", independent, n)


def _weighted(weight: Array, hits: NDArray[np.bool_]) -> Array:
    """Weighted number of hits in each column of [N, T]."""
    if len(weight) and (weight == weight[0]).all():
        return np.asarray(weight[0] * hits.sum(0))
    return np.asarray(weight @ hits.astype(np.float64))
