"""Controls of a study on its own prices: pseudo-releases, which must find nothing, and planted moves, which must be
found; known false releases and announcements beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from domain.timeframes import SECONDS
from domain.types import Array
from models.impact.findings.parts import told_windows
from models.impact.measure.matched import Matched
from models.impact.sample import ALL, build_sample
from models.impact.significance.placebo_ranks import normal_scores, placebo_rank
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER, RAW, StudyMoves

POOL, STUDIES = 3000, 200
FEWEST, MOST = 40, 100  # releases of a pseudo-study
PLANTED = 0.35
LEVEL, SURE = 0.05, 0.99
PSEUDO, PLANTED_MOVES, KNOWN_FALSE = "pseudo-releases", "planted moves", "known false releases"
AS_IT_SHOULD, TOO_OFTEN, POWER = "as it should be", "rejects too often", "power"
FOUND, NOT_FOUND = "found", "not beyond chance"
NO_WINDOW = 0.0  # of a kind that no window was tested for
KINDS = {"exchange_announcement": "exchange announcements", "pump": "announced pumps"}


def control_rows(study: ImpactStudy, *, seed: int = 7) -> pl.DataFrame:
    """Rows of models.impact_controls of one study: how often its test rejects with nothing there, and with moves of
    PLANTED sigma there, by window from the first close after. Nothing where too few moments can be measured.

    Pseudo-releases lie half a bar after random closes of the study's assets, as often on each as its releases do. They
    look at the whole grid: a check of the method on these prices, no input of any figure.
    """
    rng = np.random.default_rng(seed)
    moves = _pseudo(study, rng)
    n = int(np.clip(study.member(ALL).sum(), FEWEST, MOST))
    rows = []
    for window in told_windows(study):
        matched = moves.matched(moves.primary, window, FIRST_CLOSE_AFTER)
        able = np.flatnonzero(np.isfinite(matched.excess) & (moves.confounded(window) == ""))
        if len(able) < 2 * n:
            continue
        planted = replace(matched, own=_planted(moves, window, rng))
        for control, of in ((PSEUDO, matched), (PLANTED_MOVES, planted)):
            found = _share_found(of, study.hours, window, _draws(able, n, rng), two_sided=control == PSEUDO)
            if found is not None:
                rows.append(_row(study.study_id, control, window, n, found))
    return pl.DataFrame(rows, infer_schema_length=None)


def _pseudo(study: ImpactStudy, rng: np.random.Generator) -> StudyMoves:
    """Moves of pseudo-releases at random moments."""
    bars, sample = study.bars, study.sample
    span, gap, before, after = sample.design.rows(bars)
    first = min(max(span + gap, before), len(bars.close_ts) - 2)
    rows = np.sort(rng.integers(first, max(len(bars.close_ts) - after - 1, first + 1), POOL))
    half = np.timedelta64(round(1800 * bars.step_h), "s")
    moment = (bars.close_ts[rows] + half).astype("datetime64[us]")
    frame = pl.DataFrame({
        "doc_id": [f"pseudo-{i}" for i in range(POOL)],
        "asset": [bars.assets[a] for a in rng.choice(sample.events.asset, POOL)],
        "event_ts": pl.Series(moment).dt.replace_time_zone("UTC"), "release_group": "real", "is_late_stamp": False,
        "is_recommended": True,
    })  # fmt: skip
    chosen = build_sample(frame.with_columns(available_ts=pl.col("event_ts")), bars, sample.design)
    known = replace(chosen, released=sample.released)
    return StudyMoves(known, study.moves.scale, study.moves.index, study.windows, study.moves.announcements)


def _planted(moves: StudyMoves, window: float, rng: np.random.Generator) -> Array:
    """|Move + planted move| ÷ sigma, [N]: planted ones of random direction and exponential size, PLANTED of the raw
    sigma on average.
    """
    grid, asset = moves.grids[moves.primary], moves.sample.events.asset
    row, steps = moves.start(window, FIRST_CLOSE_AFTER)
    inside = np.minimum(row, len(grid.path) - 1)
    raw = moves.grids[RAW].sigma(inside, asset, steps)
    size = PLANTED * raw * rng.exponential(1, len(row)) * rng.choice([-1.0, 1.0], len(row))
    return np.abs(grid.moved(row, asset, steps) + size) / grid.sigma(inside, asset, steps)


def _draws(able: NDArray[np.int64], n: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    for _ in range(STUDIES):
        yield np.sort(rng.choice(able, n, replace=False))


@dataclass(frozen=True)
class Share:
    """How many of how many studies reject."""

    k: int
    n: int


def _share_found(
    matched: Matched, hours: Array, window: float, draws: Iterator[NDArray[np.int64]], *, two_sided: bool
) -> Share | None:
    scores, k, n = normal_scores(matched.own, matched.control), 0, 0
    for at in draws:
        tested = placebo_rank(scores[at], matched.where(at), hours, window)
        if tested is not None:
            n += 1
            k += tested.p_value < LEVEL and (two_sided or tested.statistic > 0)
    return Share(k, n) if n else None


def _row(study_id: str, control: str, window: float, n_releases: int, found: Share) -> dict[str, object]:
    low, high = stats.binomtest(found.k, found.n).proportion_ci(SURE)
    verdict = POWER if control == PLANTED_MOVES else AS_IT_SHOULD if low <= LEVEL else TOO_OFTEN
    return {
        "study_id": study_id, "control": control, "window_h": window, "n_releases": n_releases, "n_studies": found.n,
        "found": found.k / found.n, "found_low": float(low), "found_high": float(high),
        "by_chance": LEVEL if control == PSEUDO else None, "verdict": verdict,
    }  # fmt: skip


def positive_rows(cases: pl.DataFrame, responses: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_controls of what is known to have moved prices, or may have: known false releases
    (`cases`, rows of models.known_cases) that were flagged, against the false alarms; announced pumps and exchange
    announcements, as the response of their kind says.
    """
    rows: list[dict[str, object]] = []
    if not cases.is_empty():
        finest = cases.sort(pl.col("timeframe").replace_strict(SECONDS)).unique("case_id", keep="first")
        clean = finest.filter("is_clean", pl.col("false_alarms").is_not_null())
        if len(clean):
            k, chance = int(clean["flagged_ts"].is_not_null().sum()), float(np.mean(clean["false_alarms"].to_numpy()))
            low, high = stats.binomtest(k, len(clean)).proportion_ci(SURE)
            rows.append({
                "study_id": "finest", "control": KNOWN_FALSE, "window_h": 24.0, "n_releases": len(clean),
                "n_studies": None, "found": k / len(clean), "found_low": float(low), "found_high": float(high),
                "by_chance": chance, "verdict": FOUND if low > chance else NOT_FOUND,
            })  # fmt: skip
    if not responses.is_empty():
        of_kind = responses.filter(pl.col("slice_by") == "kind", pl.col("slice").is_in(list(KINDS)))
        for r in of_kind.to_dicts():
            window = r.get("peak_h") or r.get("alone_h") or NO_WINDOW
            rows.append({"study_id": r["study_id"], "control": KINDS[r["slice"]], "window_h": window,
                         "n_releases": r["n_releases"], "verdict": r["verdict"]})  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)
