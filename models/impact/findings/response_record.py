"""How the bands after past releases held, and what their words added: the record of the response model."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binomtest

from domain.types import Array
from models.impact.findings.wording import hours
from models.impact.sample import ALL, GROUPS
from models.impact.significance.overlap import mean_with_overlap
from models.quantiles.quantiles import CENTRAL, MEDIAN
from models.quantiles.scores import crps
from models.response.by_record import HIGH, LOW
from models.response.history import History
from models.response.levels import CENTRAL_LEVELS
from models.response.walk_forward import KIND, LEVEL_NAMES, NETWORK, WALK, WORDS, Expected

JUDGED_FROM, FEWEST = 20, 10  # past releases, from which bands are judged; judged releases of a group
MIN_WINDOW_H = 4.0
SIGNIFICANCE = 0.05
NO_DIRECTION = 1e-6  # sigmas: expected moves that differ by less tell none


def record_rows(history: History, groups: NDArray[np.str_], found: Expected) -> pl.DataFrame:
    """Rows of models.response_record, per window and group of releases (`groups` [N], '' for those that are tested in
    none).

    Intervals allow for windows that overlap. `words_gain`: CRPS with words dealt anew less CRPS with a release's own,
    `words_over_kind`: CRPS without words less it, `network_over_words`: it less the network's, as shares of the walk's.
    """
    rows = []
    for at, window in enumerate(history.windows_h):
        known = np.isfinite(history.move[:, at]) & np.isfinite(found.combined[:, at, MEDIAN])
        known &= found.n_past >= JUDGED_FROM
        for group in (ALL, *GROUPS):
            member = known & ((groups != "") if group == ALL else (groups == group))
            if member.sum() >= FEWEST:
                rows.append({"window_h": window, "release_group": group} | _row(history, found, at, member))
    return pl.DataFrame(rows, infer_schema_length=None)


def _row(history: History, found: Expected, at: int, member: NDArray[np.bool_]) -> dict[str, object]:
    move, when, window = history.move[member, at], history.known_h[member], history.windows_h[at]
    q, levels = found.combined[member, at], found.levels[member, at]
    walk, kind, words, network = (levels[:, LEVEL_NAMES.index(name)] for name in (WALK, KIND, WORDS, NETWORK))
    usual = float(crps_of(walk, move).mean())
    inside = _inside(q, move)
    held_low, held_high = _interval_of_share(inside, when, window)
    dealt = crps_of(found.shuffled[member, at], move) - crps_of(words, move)
    gain = mean_with_overlap(dealt / usual, when, window, test="words")
    expected = q[:, MEDIAN]
    return {
        "n_releases": len(move), "covered": float(inside.mean()), "covered_low": held_low,
        "covered_high": held_high, "walk_covered": float(_inside(walk, move).mean()),
        "crps_ratio": float(crps_of(q, move).mean()) / usual,
        "correlation": float(np.corrcoef(expected, move)[0, 1]) if np.ptp(expected) > NO_DIRECTION else None,
        "words_over_kind": float((crps_of(kind, move) - crps_of(words, move)).mean()) / usual,
        "network_over_words": float((crps_of(words, move) - crps_of(network, move)).mean()) / usual,
        "words_gain": None if gain is None else gain.estimate, "words_gain_low": None if gain is None else gain.low,
        "words_gain_high": None if gain is None else gain.high, "words_gain_p": None if gain is None else gain.p_value,
    }  # fmt: skip


def crps_of(quantiles: Array, move: Array) -> Array:
    """CRPS of quantiles [N, Q] against moves [N], in sigmas, [N]."""
    return crps(quantiles[:, CENTRAL], move, CENTRAL_LEVELS)


def _inside(quantiles: Array, move: Array) -> Array:
    return ((move >= quantiles[:, LOW]) & (move <= quantiles[:, HIGH])).astype(np.float64)


def _interval_of_share(inside: Array, when_h: Array, window_h: float) -> tuple[float | None, float | None]:
    """95 % interval of the share of ones, allowing for windows that overlap; None with too few.

    Where all are alike, no variance can be estimated: the exact binomial interval of as many as lie a window apart.
    """
    if np.ptp(inside) == 0:
        n = _apart(np.sort(when_h), window_h)
        exact = binomtest(n if inside[0] else 0, n).proportion_ci(0.95, method="exact")
        return float(exact.low), float(exact.high)
    found = mean_with_overlap(inside, when_h, window_h, test="covered")
    if found is None or found.low is None or found.high is None:
        return None, None
    return float(np.clip(found.low, 0, 1)), float(np.clip(found.high, 0, 1))


def _apart(when_h: Array, window_h: float) -> int:
    """How many of the times [N], ascending, lie a window or more after the one counted before."""
    n, last = 0, -np.inf
    for moment in when_h:
        if moment - last >= window_h:
            n, last = n + 1, moment
    return n


def said_of_record(record: pl.DataFrame) -> list[str]:
    """What the record shows, in sentences: whether bands hold, and whether words tell anything."""
    if record.is_empty():
        return []
    every = record.filter(pl.col("release_group") == ALL).sort("window_h")
    told = every.filter(pl.col("window_h") >= MIN_WINDOW_H).to_dicts() or every.to_dicts()
    if not told:
        return []
    bands = ", ".join(f"{100 * r['covered']:.0f} % within {hours(r['window_h'])}" for r in told)
    out = [
        f"After {told[0]['n_releases']:,} releases, each expected from earlier ones alone, the 90 % band of the move "
        f"beyond the market held {bands}."
    ]
    tested = [r for r in told if r["words_gain_p"] is not None]
    sure = [
        r for r in tested
        if r["words_gain_p"] * len(tested) < SIGNIFICANCE and r["words_gain"] > 0 and r["words_over_kind"] > 0
    ]  # fmt: skip
    if sure:
        best = max(sure, key=lambda r: r["words_gain"])
        gain, low, high = (f"{100 * best[k]:.0f}" for k in ("words_gain", "words_gain_low", "words_gain_high"))
        return [
            *out,
            f"Words tell something: within {hours(best['window_h'])} they lower the score (CRPS) by {gain} % of the "
            f"walk's (95 % interval {low} to {high}) beyond words dealt at random; the expected move and what came "
            f"correlate by {best['correlation'] or 0:.2f}.",
        ]
    if not tested:
        return out
    most = max(r["words_gain_high"] for r in tested)
    return [
        *out,
        "What releases say tells nothing of the move beyond words dealt at random; at most "
        f"{max(0.0, 100 * most):.1f} % of the walk's score would fit what was seen.",
    ]
