"""What the responses of one study are made from: tests of groups and slices, what came back, groups too small to
test.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.impact.comparison.groups import WHOLE, ReleaseTraits
from models.impact.findings.few import partially_pooled, standing_out
from models.impact.findings.given_back import GivenBack, given_back
from models.impact.sample import ALL, GROUPS
from models.impact.significance.placebo_ranks import MIN_BLOCKS, RANK, blocks
from models.impact.study import ImpactStudy
from models.impact.study_inference import AFTER_LESS_BEFORE, excess_tests, test_rows
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE

MIN_BARS = 4
SLICED_BY = ("kind", "source", "capitalisation")


@dataclass(frozen=True)
class ResponseParts:
    """What the responses of a study are made from, without q-values, which need every study: `ranks`, tests per group,
    slice, window and base; `back`, what came back; `alone`, releases counted one by one where too few are tested
    together; `pooled`, means of slices partially pooled.
    """

    ranks: pl.DataFrame
    back: pl.DataFrame
    alone: pl.DataFrame
    pooled: pl.DataFrame


Member = tuple[str, str, str, NDArray[np.bool_]]


def response_parts(study: ImpactStudy, traits: ReleaseTraits, tests: pl.DataFrame) -> ResponseParts:
    """The parts of one study. `tests`: rows of `event_test_rows`. Slices by kind, by source and by capitalisation are
    of all tested releases.
    """
    whole = tests.filter(
        pl.col("test").is_in([RANK, "excess_move", AFTER_LESS_BEFORE]), pl.col("benchmark") == study.moves.primary
    ).with_columns(slice_by=pl.lit(WHOLE[0]), slice=pl.lit(WHOLE[1]))
    members: list[Member] = [(g, *WHOLE, study.member(g)) for g in (ALL, *GROUPS) if study.member(g).any()]
    names = {by: traits.slices.get(by, np.zeros(len(study.groups), dtype=str)) for by in SLICED_BY}
    sliced: list[Member] = [
        (ALL, by, str(n), study.member(ALL) & (of == n)) for by, of in names.items() for n in np.unique(of[of != ""])
    ]
    rows = [row | {"slice_by": by, "slice": name} for _, by, name, m in sliced for row in _slice_tests(study, m)]
    back = [
        _key(study, of) | _columns(found)
        for of in (*members, *sliced)
        for w in study.windows
        if (found := given_back(study, of[3], w))
    ]
    return ResponseParts(
        pl.concat([whole, pl.DataFrame(rows, schema=whole.schema)]) if rows else whole,
        pl.DataFrame(back, infer_schema_length=None),
        pl.DataFrame([r for of in (*members, *sliced) for r in _alone(study, of)], infer_schema_length=None),
        pl.DataFrame([r for by, of in names.items() for r in _pooled(study, by, of)], infer_schema_length=None),
    )


def _key(study: ImpactStudy, of: Member) -> dict[str, object]:
    return {"study_id": study.study_id, "release_group": of[0], "slice_by": of[1], "slice": of[2]}


def told_windows(study: ImpactStudy) -> list[float]:
    """Windows long enough to be told."""
    return [w for w in study.windows if w >= MIN_BARS * study.bars.step_h - 1e-9]


def _alone(study: ImpactStudy, of: Member) -> list[dict[str, object]]:
    """The releases of a group that is too small to be tested, counted one by one, by window."""
    out = []
    for window in told_windows(study):
        matched = study.moves.matched(study.moves.primary, window).where(of[3] & study.clean(window))
        when = study.hours[np.clip(matched.row, 0, len(study.hours) - 1)]
        known = np.isfinite(matched.excess)
        found = standing_out(matched.own, matched.control, when) if blocks(when[known], window) < MIN_BLOCKS else None
        if found:
            out.append(_key(study, of) | {"alone_h": window, "alone_k": found.k, "alone_n": found.n,
                                          "alone_p": found.p_value})  # fmt: skip
    return out


def _pooled(study: ImpactStudy, by: str, names: NDArray[np.str_]) -> list[dict[str, object]]:
    """Excess moves of the slices, partially pooled, by window; from the first close after the stamp."""
    out = []
    for window in told_windows(study):
        matched = study.moves.matched(study.moves.primary, window, FIRST_CLOSE_AFTER)
        excess = np.where(study.member(ALL) & study.clean(window), matched.excess, np.nan)
        when = study.hours[np.clip(matched.row, 0, len(study.hours) - 1)]
        out += [
            {"study_id": study.study_id, "release_group": ALL, "slice_by": by, "slice": name, "pooled_h": window,
             "pooled_excess": mean, "pooled_low": low, "pooled_high": high}
            for name, (mean, low, high) in partially_pooled(excess, names, when).items()
        ]  # fmt: skip
    return out


def _slice_tests(study: ImpactStudy, member: np.ndarray) -> list[dict[str, object]]:
    primary, rows = study.moves.primary, []
    bases = [(w, LAST_CLOSE) for w in (*study.before, *study.windows)]
    for window, base in (*bases, *((w, FIRST_CLOSE_AFTER) for w in study.windows)):
        outcomes = excess_tests(study, primary, member & study.clean(window), window, base)
        found = [o for o in outcomes if o.test in (RANK, "excess_move")]
        rows += test_rows(study, found, ALL, window, primary, base)
    return rows


def _columns(found: GivenBack) -> dict[str, object]:
    tested = found.tested
    return {
        "first_h": found.first_h, "until_h": found.until_h, "given_back": found.share, "given_back_low": found.low,
        "given_back_high": found.high, "given_back_usual": found.usual,
        "given_back_p": None if tested is None else tested.p_value,
        "half_life_h": found.half_life_h,
    }  # fmt: skip
