"""The response to releases, group by group: when it begins, where it is largest, how long it is seen, what comes
back.
"""

import polars as pl
from scipy import stats

from domain.timeframes import SECONDS
from models.impact.comparison.groups import EXCESS, PERMUTATION, WHOLE
from models.impact.findings.parts import MIN_BARS, ResponseParts
from models.impact.significance.placebo_ranks import RANK
from models.impact.study_inference import AFTER_LESS_BEFORE
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE

SIGNIFICANCE = 0.05
LONGEST_BACK_H = 24.0
MOVES, AS_MUCH_BEFORE, AT_ONCE, FOLLOWS, NOTHING, UNTESTED = (
    "moves", "as much before", "at the stamp", "follows", "nothing found", "not tested",
)  # fmt: skip
DIFFERS = "differs"
KEYS = ["study_id", "release_group", "slice_by", "slice"]


def responses(parts: ResponseParts, compared: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_response from the parts of all studies together and rows of models.impact_comparisons with
    q-values.

    Whole groups are one family of the false-discovery control, over windows, groups, bases and timeframes; slices are
    another. A finding needs MIN_BARS bars.
    """
    if parts.ranks.is_empty():
        return pl.DataFrame()
    ranks, back = _with_q(parts.ranks, "p_value", ["test"]), _with_q(parts.back, "given_back_p", [])
    rows = []
    for key, part in ranks.group_by(KEYS, maintain_order=True):
        own = dict(zip(KEYS, key, strict=True))
        mine, alone, pooled = (_of(frame, own) for frame in (back, parts.alone, parts.pooled))
        rows.append(own | _summary(part) | _came_back(mine) | _surest_alone(alone) | _nearest_pooled(pooled))
    return pl.DataFrame(rows + _contrasts(compared), infer_schema_length=None)


def _of(frame: pl.DataFrame, own: dict[str, str]) -> pl.DataFrame:
    return frame if frame.is_empty() else frame.filter(*(pl.col(k) == v for k, v in own.items())).drop(*KEYS)


def _surest_alone(alone: pl.DataFrame) -> dict[str, object]:
    """The window in which most releases stand out one by one, its p-value times the windows that were looked at."""
    if alone.is_empty():
        return {}
    best = alone.sort("alone_p", "alone_h").row(0, named=True)
    return best | {"alone_p": min(1.0, best["alone_p"] * len(alone))}


def _nearest_pooled(pooled: pl.DataFrame) -> dict[str, object]:
    """The shortest window that is told: there a response is largest beside its chance."""
    return {} if pooled.is_empty() else pooled.sort("pooled_h").row(0, named=True)


def _with_q(frame: pl.DataFrame, p: str, family: list[str]) -> pl.DataFrame:
    if frame.is_empty():
        return frame
    of_part = [*family, pl.col("slice_by") == WHOLE[0]]

    def control(values: pl.Series) -> pl.Series:
        known = values.drop_nulls()
        q = iter(stats.false_discovery_control(known.to_numpy()).tolist()) if len(known) else iter(())
        return pl.Series([None if v is None else next(q) for v in values.to_list()], dtype=pl.Float64)

    name = "q_value" if p == "p_value" else p.removesuffix("_p") + "_q"
    return frame.with_columns(pl.col(p).map_batches(control, return_dtype=pl.Float64).over(of_part).alias(name))


def _summary(part: pl.DataFrame) -> dict[str, object]:
    """When the response of one group begins, where it is largest, when it is last seen, and what that shows."""
    step = _step_h(part["study_id"][0])
    size = part.filter(pl.col("test") == "excess_move").select(
        "window_h", "base", "estimate", "low", "high", "detectable"
    )
    found = (
        part.filter(pl.col("test") == RANK)
        .select("window_h", "base", "statistic", "q_value", "n_releases")
        .join(size, on=["window_h", "base"], how="left", maintain_order="left")
        .with_columns(sure=(pl.col("q_value") < SIGNIFICANCE) & (pl.col("statistic") > 0))
    )
    after = found.filter(pl.col("window_h") > 0, pl.col("base") == FIRST_CLOSE_AFTER)
    told = after.filter(pl.col("window_h") >= MIN_BARS * step - 1e-9).sort("window_h")
    sure = told.filter("sure")
    from_last = found.filter(pl.col("window_h") > 0, pl.col("base") == LAST_CLOSE, pl.col("sure"))
    n = part.filter(pl.col("test") == "excess_move")["n_releases"].max()
    out: dict[str, object] = {"n_releases": n if n is not None else part["n_releases"].max(), "verdict": UNTESTED}
    if told.is_empty():
        return out
    before = found.filter(pl.col("window_h") < 0, "sure")
    more = part.filter(pl.col("test") == AFTER_LESS_BEFORE, pl.col("estimate") > 0, pl.col("p_value") < SIGNIFICANCE)
    out["verdict"] = verdict(
        after=not sure.is_empty(),
        before=not before.is_empty(),
        more=not more.is_empty(),
        at_stamp=not from_last.is_empty(),
    )
    strongest = (sure if not sure.is_empty() else told).sort("statistic", descending=True).row(0, named=True)
    out |= {
        "peak_h": strongest["window_h"], "peak_excess": strongest["estimate"], "peak_low": strongest["low"],
        "peak_high": strongest["high"], "peak_q": strongest["q_value"], "peak_statistic": strongest["statistic"],
        "detectable": strongest["detectable"],
        "onset_h": None if sure.is_empty() else after.filter("sure")["window_h"].min(),
        "last_h": None if sure.is_empty() else sure["window_h"].max(),
    }  # fmt: skip
    largest = found.filter(pl.col("window_h") < 0).sort("q_value").head(1).to_dicts()
    if largest:
        out |= {"before_h": largest[0]["window_h"], "before_excess": largest[0]["estimate"],
                "before_q": largest[0]["q_value"]}  # fmt: skip
    return out


def verdict(*, after: bool, before: bool, more: bool, at_stamp: bool) -> str:
    """What a group's findings show: releases that move prices, that follow them, or neither."""
    if after:
        return MOVES if more or not before else AS_MUCH_BEFORE
    if before:
        return FOLLOWS
    return AT_ONCE if at_stamp else NOTHING


def _came_back(back: pl.DataFrame) -> dict[str, object]:
    """The columns on what came back: until a day after, or the longest window short of it."""
    if back.is_empty():
        return {}
    within = back.filter(pl.col("until_h") <= LONGEST_BACK_H)
    chosen = within.sort("until_h").tail(1) if not within.is_empty() else back.sort("until_h").head(1)
    return chosen.drop("given_back_p").row(0, named=True)


def _contrasts(compared: pl.DataFrame) -> list[dict[str, object]]:
    """Rows of two groups compared: in which windows their excess moves differ."""
    if compared.is_empty():
        return []
    own = compared.filter(
        pl.col("answer") == "realised", pl.col("quantity") == EXCESS, pl.col("slice_by") == WHOLE[0],
        pl.col("method") == PERMUTATION,
    )  # fmt: skip
    rows = []
    for (study, a, b), part in own.group_by("study_id", "group_a", "group_b", maintain_order=True):
        told = part.filter(pl.col("window_h") >= MIN_BARS * _step_h(str(study)) - 1e-9)
        if told.is_empty():
            continue
        sure = told.filter(pl.col("q_value") < SIGNIFICANCE)
        strongest = told.sort("q_value", "window_h").row(0, named=True)
        rows.append({
            "study_id": study, "release_group": f"{a} − {b}", "slice_by": WHOLE[0], "slice": WHOLE[1],
            "n_releases": strongest["n_a"] + strongest["n_b"], "verdict": NOTHING if sure.is_empty() else DIFFERS,
            "peak_h": strongest["window_h"], "peak_excess": strongest["difference"], "peak_low": strongest["low"],
            "peak_high": strongest["high"], "peak_q": strongest["q_value"], "detectable": strongest["detectable"],
            "onset_h": sure["window_h"].min(), "last_h": sure["window_h"].max(),
        })  # fmt: skip
    return rows


def _step_h(timeframe: str) -> float:
    """Length of a study's bars in hours."""
    return SECONDS[timeframe] / 3600
