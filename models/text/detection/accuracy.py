"""Accuracy of detection: AUROC with a bootstrap interval, and the true-positive rate at a low false-positive rate."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
DRAWS = 500


def auroc(y: Flags, p: Vector) -> float:
    """Chance that a machine-written text (`y`) has a higher score than a human one, ties by half (Mann-Whitney)."""
    n = int(y.sum())
    return float((rankdata(p)[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def true_positives(y: Flags, p: Vector, false: float = 0.01) -> float:
    """Share of machine-written texts above the level that a share `false` of the human ones exceeds."""
    return float((p[y] > np.quantile(p[~y], 1 - false, method="higher")).mean())


def auroc_interval(y: Flags, p: Vector, groups: NDArray[np.str_], draws: int = DRAWS) -> tuple[float, float]:
    """95 % percentile interval of the AUROC; texts of one group are drawn together."""
    return _interval(auroc, y, p, groups, draws)


def true_positives_interval(y: Flags, p: Vector, groups: NDArray[np.str_], draws: int = DRAWS) -> tuple[float, float]:
    """95 % percentile interval of the true positives at 1 % false ones; texts of one group are drawn together."""
    return _interval(true_positives, y, p, groups, draws)


def _interval(
    measure: Callable[[Flags, Vector], float], y: Flags, p: Vector, groups: NDArray[np.str_], draws: int
) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    found = []
    for _ in range(draws):
        at = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        if 0 < y[at].sum() < len(at):
            found.append(measure(y[at], p[at]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


MAX_READ_TOKENS = 257
MIN_TEXTS = 10
DETECTOR_SCORE = "machine_probability"
DETECTION_SCORES = (DETECTOR_SCORE, "words_score")


def detection_figures(model: str, kind: str, min_tokens: int, texts: pl.DataFrame) -> list[dict[str, object]]:
    """One row for the detector and one for the words alone, on texts of `min_tokens` tokens or more."""
    y = (texts["model"] != "").to_numpy()
    if min(y.sum(), (~y).sum()) < MIN_TEXTS:
        return []
    flagged = (texts[DETECTOR_SCORE] > texts["threshold"]).fill_null(value=False).to_numpy()
    groups = texts["doc_id"].to_numpy().astype(str)
    rows: list[dict[str, object]] = []
    for score in DETECTION_SCORES:
        p = texts[score].cast(pl.Float64).fill_null(0).to_numpy()
        low, high = auroc_interval(y, p, groups)
        is_detector = score == DETECTOR_SCORE
        rows.append({
            "model": model, "kind": kind, "score": score, "min_tokens": min_tokens, "max_tokens": MAX_READ_TOKENS,
            "auroc": auroc(y, p), "low": low, "high": high, "true_positive_rate": true_positives(y, p),
            "flagged_generated": float(np.mean(flagged[y])) if is_detector else None,
            "flagged_real": float(np.mean(flagged[~y])) if is_detector else None,
            "n_generated": int(y.sum()), "n_real": int((~y).sum()),
        })  # fmt: skip
    return rows
