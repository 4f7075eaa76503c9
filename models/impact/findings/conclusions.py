"""Sentences that the numbers of a study support, made by rule: what moved, when, how far, what came back,
limitations.
"""

from typing import Any

import polars as pl

from models.impact.comparison.groups import EXCESS, WHOLE
from models.impact.findings.response import (
    AS_MUCH_BEFORE,
    AT_ONCE,
    DIFFERS,
    FOLLOWS,
    MOVES,
    NOTHING,
    SIGNIFICANCE,
    UNTESTED,
)
from models.impact.findings.wording import hours, p_of
from models.impact.significance.placebo_ranks import MIN_BLOCKS
from models.impact.study_inference import STACKED
from models.impact.study_moves import FIRST_CLOSE_AFTER

FEW_RELEASES = 30
NAMES = {"real": "real releases", "generated": "generated releases", "fabricated": "fabricated releases",
         "unlabelled": "unlabelled releases", "late_stamp": "releases known by their first report only",
         "all": "releases"}  # fmt: skip
CHECKS = {"ranks": "ranks in the place of moves", "cluster_bootstrap": "days drawn whole",
          "matched": "matched on asset, liquidity, volatility and hour",
          "mislabelled_10": "a tenth of the labels wrong"}  # fmt: skip
PAIRS = ("generated − real", "fabricated − real")
NOTHING_SAID = ["Nothing can be said: no group has the five measured releases that a test needs."]
Row = dict[str, Any]


def conclusions(
    responses: pl.DataFrame, tests: pl.DataFrame, compared: pl.DataFrame, study_id: str, *, simulated: bool = False
) -> list[str]:
    """Sentences on one study, from rows of models.impact_response, impact_tests and impact_comparisons with q-values.

    The first is the surest finding of any group, or says that there is none. Historical fabricated releases are those
    that were noticed; `simulated` ones are known by construction.
    """
    if responses.is_empty():
        return NOTHING_SAID
    own = responses.filter(pl.col("study_id") == study_id, pl.col("slice_by") == WHOLE[0])
    found = {r["release_group"]: r for r in own.to_dicts()}
    groups = [g for g in NAMES if g != "all" and g in found]
    if not groups:
        return NOTHING_SAID
    out = [headline(found, groups)]
    for g in groups:
        out += _response_sentences(found[g]) + _came_back_sentences(found[g])
        out += _beside_others_sentences(tests.filter(pl.col("study_id") == study_id), found[g])
        out += _direction_sentences(tests.filter(pl.col("study_id") == study_id), found[g])
    for pair in PAIRS:
        out += _contrast_sentences(found.get(pair), pair, compared)
    return out + _limitation_sentences(found, groups, simulated)


def headline(found: dict[str, Row], groups: list[str]) -> str:
    """The surest finding that survives the count of everything looked at, or that there is none."""
    moving = [found[g] for g in groups if found[g]["verdict"] in (MOVES, AS_MUCH_BEFORE)]
    if moving:
        r = max(moving, key=lambda row: row["peak_statistic"])
        return f"Surest finding: after {NAMES[r['release_group']]} prices moved {_size(r)} within {hours(r['peak_h'])}."
    tested = [found[g] for g in groups if found[g]["verdict"] != UNTESTED]
    if not tested:
        return f"Nothing was tested: no group has releases on {MIN_BLOCKS} days, below which a test cannot be trusted."
    least = min(tested, key=lambda row: row["detectable"] or float("inf"))
    able = "" if least["detectable"] is None else (
        f"; the smallest excess that would have been found with 80 % power is {least['detectable']:.2f} sigma, after "
        f"{NAMES[least['release_group']]} within {hours(least['peak_h'])}")  # fmt: skip
    return f"No movement of prices after any group of releases survives the count of all windows looked at{able}."


def _size(r: Row) -> str:
    far = f"{abs(r['peak_excess']):.2f} sigma {'further' if r['peak_excess'] >= 0 else 'less far'}"
    return (
        f"{far} than at like times (95 % interval {r['peak_low']:+.2f} to {r['peak_high']:+.2f}, q {p_of(r['peak_q'])})"
    )


def _response_sentences(r: Row) -> list[str]:
    """Whether prices move after a group's releases, from when to when, and how that compares with the time before."""
    name, n = NAMES[r["release_group"]], f"{r['n_releases']:,}"
    if r["verdict"] == UNTESTED:
        few = f"not tested together, since they lie on fewer than {MIN_BLOCKS} days"
        return [f"{name.capitalize()} ({n}): {few}.{_alone(r)}"]
    if r["verdict"] == NOTHING:
        return [f"{name.capitalize()} ({n}): no movement beyond chance, before or after.{_power(r)}"]
    before = ""
    if r.get("before_h") is not None:
        span = hours(-r["before_h"])
        before = f"{r['before_excess']:+.2f} sigma beyond chance in the {span} before (q {p_of(r['before_q'])})"
    if r["verdict"] == FOLLOWS:
        return [f"{name.capitalize()} ({n}) follow prices: they moved {before}, and nothing is seen after."]
    if r["verdict"] == AT_ONCE:
        return [
            f"{name.capitalize()} ({n}): prices moved in the bar of the stamp, and nothing is seen after its close: "
            "whether the release or the move came first cannot be told on these candles."
        ]
    begins = f"It shows from {hours(r['onset_h'])} after the stamp on" if r["onset_h"] else "It shows"
    ends = f" and is last seen at {hours(r['last_h'])}." if r["last_h"] > r["onset_h"] else "."
    out = [
        f"After {n} {name} prices moved {_size(r)}, most surely within {hours(r['peak_h'])} of the first close after "
        f"the stamp: beyond chance. {begins}{ends}"
    ]
    if r["verdict"] == AS_MUCH_BEFORE:
        out.append(f"They had moved as much before: {before}. The news may follow the price.")
    return out


def _alone(r: Row) -> str:
    """Releases counted one by one."""
    if r.get("alone_n") is None:
        return ""
    chance = "beyond chance" if r["alone_p"] < SIGNIFICANCE else "no more than chance may give"
    return (
        f" One by one, {r['alone_k']} of {r['alone_n']} on days of their own moved further within "
        f"{hours(r['alone_h'])} than at 95 % of their like times (p {p_of(r['alone_p'])}): {chance}."
    )


def _power(r: Row) -> str:
    if r["detectable"] is None:
        return ""
    return (
        f" An excess of {r['detectable']:.2f} sigma within {hours(r['peak_h'])} would have been found with 80 % power."
    )


def _came_back_sentences(r: Row) -> list[str]:
    """What came back of the first move, where something moved."""
    if r["verdict"] not in (MOVES, AS_MUCH_BEFORE) or r.get("given_back") is None or r["given_back_q"] is None:
        return []
    low, high = (f"{100 * r[k]:.0f}" for k in ("given_back_low", "given_back_high"))
    share = (
        f"{100 * abs(r['given_back']):.0f} % of the first {hours(r['first_h'])} (95 % interval {low} to {high}, "
        f"q {p_of(r['given_back_q'])})"
    )
    name, until = NAMES[r["release_group"]], hours(r["until_h"])
    if r["given_back_q"] >= SIGNIFICANCE:
        return [f"Whether any of the move after {name} comes back within {until} cannot be told: {share}."]
    if r["given_back"] < 0:
        return [f"After {name} prices went on in the same direction: by {share} more within {until}."]
    half = "" if r["half_life_h"] is None else f"; half is gone {hours(r['half_life_h'])} after that"
    return [f"Of the move after {name} a part comes back within {until}: {share}{half}."]


def _beside_others_sentences(tests: pl.DataFrame, r: Row) -> list[str]:
    """Whether the move stays when other assets at the same hours are taken off."""
    if r["verdict"] not in (MOVES, AS_MUCH_BEFORE):
        return []
    found = tests.filter(
        pl.col("release_group") == r["release_group"], pl.col("window_h") == r["peak_h"],
        pl.col("base") == FIRST_CLOSE_AFTER, pl.col("test") == STACKED,
    ).to_dicts()  # fmt: skip
    if not found:
        return []
    (t,) = found
    size = f"{t['estimate']:+.2f} sigma (95 % interval {t['low']:+.2f} to {t['high']:+.2f})"
    reading = "no matter of the hour" if t["low"] > 0 else "read it with care"
    name = NAMES[r["release_group"]]
    return [f"Beyond what other assets did at the same time the move after {name} is {size}: {reading}."]


def _direction_sentences(tests: pl.DataFrame, r: Row) -> list[str]:
    """The mean move and its sign, where the sign is beyond chance in the window of the peak."""
    if r["verdict"] not in (MOVES, AS_MUCH_BEFORE):
        return []
    own = {
        t["test"]: t
        for t in tests.filter(
            pl.col("release_group") == r["release_group"],
            pl.col("window_h") == r["peak_h"],
            pl.col("benchmark") == "market",
        ).to_dicts()
    }
    mean, sure = own.get("mean_car"), own.get("shifted_t")
    if mean is None or sure is None:
        return []
    statement = (
        f"Against the market model the mean move after {NAMES[r['release_group']]} is {100 * mean['estimate']:+.2f} % "
        f"({100 * mean['low']:+.2f} to {100 * mean['high']:+.2f}) within {hours(r['peak_h'])}"
    )
    if sure["q_value"] < SIGNIFICANCE and mean["q_value"] < SIGNIFICANCE:
        return [f"{statement}: {'up' if mean['estimate'] > 0 else 'down'}, beyond chance."]
    return [f"{statement}: no direction beyond chance; good and bad news cancel."]


def _contrast_sentences(r: Row | None, pair: str, compared: pl.DataFrame) -> list[str]:
    """Two groups compared: in which windows they differ, and whether the other methods agree."""
    names = pair.replace(" − ", " against ").capitalize()
    if r is None:
        return [f"{names}: no comparison can be made, since one of the groups lies on too few days."]
    statement = (
        f"{r['peak_excess']:+.2f} sigma within {hours(r['peak_h'])} (95 % interval {r['peak_low']:+.2f} to "
        f"{r['peak_high']:+.2f}, {r['n_releases']:,} releases, q {p_of(r['peak_q'])})"
    )
    if r["verdict"] == DIFFERS:
        until = f" It is last seen at {hours(r['last_h'])}." if r["last_h"] > r["onset_h"] else ""
        agree, differ = _other_methods(r, pair, compared)
        if differ and not agree:
            return [
                f"{names}: {statement}, beyond chance by permuted labels alone. It does not hold with "
                f"{'; nor with '.join(differ)}: nothing can be concluded."
            ]
        way = "further" if r["peak_excess"] > 0 else "less far"
        out = [f"{names}: prices move {way}, {statement}: beyond chance.{until}"]
        out += [f"It holds with {'; with '.join(agree)}."] if agree else []
        return out + ([f"It does not hold with {'; nor with '.join(differ)}: read it with care."] if differ else [])
    return [
        f"{names}: no difference beyond chance in any window; the surest is {statement}. One of {r['detectable']:.2f} "
        "sigma would have been found with 80 % power."
    ]


def _other_methods(r: Row, pair: str, compared: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Which other methods find the same difference in the same window, and which do not."""
    a, b = pair.split(" − ")
    rows = compared.filter(
        pl.col("study_id") == r["study_id"], pl.col("group_a") == a, pl.col("group_b") == b,
        pl.col("window_h") == r["peak_h"], pl.col("slice_by") == WHOLE[0], pl.col("quantity") == EXCESS,
    )  # fmt: skip
    found = {x["method"]: x["p_value"] < SIGNIFICANCE for x in rows.to_dicts()}
    return [n for m, n in CHECKS.items() if found.get(m)], [n for m, n in CHECKS.items() if found.get(m) is False]


def _limitation_sentences(found: dict[str, Row], groups: list[str], simulated: bool) -> list[str]:
    """Limitations of the sample."""
    out = [
        f"{NAMES[g].capitalize()} are {found[g]['n_releases']}: what is said of them rests on few events."
        for g in groups
        if found[g]["n_releases"] < FEW_RELEASES
    ]
    if "fabricated" in groups and not simulated:
        out.append(
            "Fabricated releases are known because they were noticed, most of them because prices moved: nothing here "
            "says how fabricated releases move prices on average."
        )
    if "real" not in groups or "generated" not in groups:
        out.append("Without labels of who wrote what, generated and real releases cannot be told apart here.")
    return out
