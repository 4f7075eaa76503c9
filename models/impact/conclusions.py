"""Sentences that the numbers of a study support, made by rule: what moved, how far, how certain, and limitations."""

import polars as pl

HEADLINE_H = 24.0
SIGNIFICANCE = 0.05
FEW_RELEASES = 30
NOT_COMPARED = (
    "no comparison can be made, since one of the groups has fewer than five releases, lies on fewer than five days, or "
    "has too few matched quiet times"
)
NAMES = {"real": "real releases", "generated": "generated releases", "fabricated": "fabricated releases",
         "unlabelled": "unlabelled releases", "late_stamp": "releases known by their first report only",
         "all": "releases"}  # fmt: skip
CHECKS = {"cluster_bootstrap": "days drawn whole", "matched": "matched on asset, liquidity, volatility and hour",
          "mislabelled_10": "a tenth of the labels wrong"}  # fmt: skip


def conclusions(tests: pl.DataFrame, comparisons: pl.DataFrame, study_id: str, *, simulated: bool = False) -> list[str]:
    """Sentences on one study, from rows of models.impact_tests and models.impact_comparisons.

    Historical fabricated releases are those that were noticed; `simulated` ones are known by construction.
    """
    own = tests.filter(pl.col("study_id") == study_id) if not tests.is_empty() else tests
    if own.is_empty():
        return ["Nothing can be said: no group has the five measured releases that a test needs."]
    after = own.filter(pl.col("window_h") > 0)
    if after.is_empty():
        return ["Nothing can be said: no window after a release could be measured for five of them."]
    window = _headline(after)
    groups = [g for g in NAMES if g != "all" and g in set(own["release_group"].to_list())]
    out = [s for g in groups for s in _excess_sentences(after.filter(pl.col("release_group") == g), g, window)]
    out += [s for g in groups for s in _drift_sentences(own.filter(pl.col("release_group") == g), g)]
    compared = comparisons.filter(pl.col("study_id") == study_id) if not comparisons.is_empty() else comparisons
    out += _comparison_sentences(compared, "generated", "real", window) + _comparison_sentences(
        compared, "fabricated", "real", window
    )
    return out + _limitation_sentences(own, groups, simulated)


def _headline(tests: pl.DataFrame) -> float:
    """The longest window up to a day; the shortest where all are longer."""
    windows = sorted(set(tests["window_h"].to_list()))
    short = [w for w in windows if w <= HEADLINE_H]
    return short[-1] if short else windows[0]


def _one_row(tests: pl.DataFrame, test: str, benchmark: str, window: float) -> dict[str, float] | None:
    """The row of one test, benchmark and window; None where there is none."""
    rows = tests.filter(
        pl.col("test") == test, pl.col("benchmark") == benchmark, pl.col("window_h") == window
    ).to_dicts()
    return rows[0] if rows else None


def _excess_sentences(tests: pl.DataFrame, group: str, window: float) -> list[str]:
    """How far prices moved beyond matched placebo times, from which window on, and in which direction."""
    r = _one_row(tests, "excess_move", "reference_walk", window)
    if r is None:
        n = max(tests["n_releases"].to_list(), default=0)
        return [f"{NAMES[group].capitalize()}: too few with matched quiet times to say anything ({n})."]
    far = f"{abs(r['estimate']):.2f} sigma {'further' if r['estimate'] >= 0 else 'less far'}"
    statement = (
        f"after {r['n_releases']:,} {NAMES[group]} prices moved {far} within {_hours(window)} than at matched "
        f"times without one (95 % interval {r['low']:+.2f} to {r['high']:+.2f}, q {_p(r['q_value'])})"
    )
    if r["q_value"] < SIGNIFICANCE:
        out = [statement[0].upper() + statement[1:] + ": beyond chance."]
        first = tests.filter(pl.col("test") == "excess_move", pl.col("q_value") < SIGNIFICANCE)["window_h"].min()
        if isinstance(first, float) and first < window:
            out.append(f"It shows from {_hours(first)} after the release on.")
    else:
        out = [
            f"{statement[0].upper()}{statement[1:]}: not distinguishable from chance. An excess of "
            f"{r['detectable']:.2f} sigma would have been found with 80 % power."
        ]
    return out + _direction_sentences(tests, group, window)


def _direction_sentences(tests: pl.DataFrame, group: str, window: float) -> list[str]:
    """The mean move, and its sign where both robust tests agree on one."""
    mean, sure = (_one_row(tests, t, "market", window) for t in ("mean_car", "shifted_t"))
    if mean is None or sure is None:
        return []
    statement = (
        f"Against the market model the mean move after {NAMES[group]} is {100 * mean['estimate']:+.2f} % "
        f"({100 * mean['low']:+.2f} to {100 * mean['high']:+.2f})"
    )
    if sure["q_value"] < SIGNIFICANCE and mean["q_value"] < SIGNIFICANCE:
        return [f"{statement}: {'up' if mean['estimate'] > 0 else 'down'}, beyond chance."]
    return [f"{statement}: no direction beyond chance; good and bad news cancel."]


def _drift_sentences(tests: pl.DataFrame, group: str) -> list[str]:
    """Whether prices drifted before the release."""
    before = tests.filter(pl.col("window_h") < 0)
    if before.is_empty():
        return []
    window = min(before["window_h"].to_list())
    r, mean = _one_row(before, "shifted_t", "market", window), _one_row(before, "mean_car", "market", window)
    if r is None or mean is None or r["q_value"] >= SIGNIFICANCE:
        return []
    return [
        f"In the {_hours(-window)} before {NAMES[group]} prices drifted by {100 * mean['estimate']:+.2f} % "
        f"(q {_p(r['q_value'])}): the news may have been out before its stamp."
    ]


def _comparison_sentences(rows: pl.DataFrame, a: str, b: str, window: float) -> list[str]:
    """Realised moves of two groups compared, and whether the other methods agree."""
    names = f"{a.capitalize()} against {b}"
    if rows.is_empty():
        return [f"{names}: {NOT_COMPARED}."]
    whole = rows.filter(pl.col("group_a") == a, pl.col("group_b") == b, pl.col("window_h") == window,
                        pl.col("slice_by") == "all", pl.col("quantity") == "excess_move")  # fmt: skip
    found = {r["method"]: r for r in whole.to_dicts()}
    r = found.get("permutation")
    if r is None:
        return [f"{names}: {NOT_COMPARED}."]
    statement = (
        f"{names}, within {_hours(window)}: the excess move differs by {r['difference']:+.2f} sigma "
        f"({r['low']:+.2f} to {r['high']:+.2f}, {r['n_a']:,} against {r['n_b']:,}, "
        f"q {_p(r['q_value'])})"
    )
    if r["q_value"] >= SIGNIFICANCE:
        return [
            f"{statement}: no difference beyond chance. One of {r['detectable']:.2f} sigma would have been found with "
            "80 % power."
        ]
    agree = [name for m, name in CHECKS.items() if m in found and found[m]["p_value"] < SIGNIFICANCE]
    differ = [name for m, name in CHECKS.items() if m in found and found[m]["p_value"] >= SIGNIFICANCE]
    if differ and not agree:
        return [
            f"{statement}: beyond chance by permuted labels alone. It does not hold with {'; nor with '.join(differ)}: "
            "nothing can be concluded."
        ]
    out = [f"{statement}: beyond chance."]
    if agree:
        out.append(f"It holds with {'; with '.join(agree)}.")
    if differ:
        out.append(f"It does not hold with {'; nor with '.join(differ)}: read it with care.")
    return out


def _limitation_sentences(tests: pl.DataFrame, groups: list[str], simulated: bool) -> list[str]:
    """Limitations of the sample."""
    largest = {g: max(tests.filter(pl.col("release_group") == g)["n_releases"].to_list(), default=0) for g in groups}
    out = [
        f"{NAMES[g].capitalize()} are {n}: what is said of them rests on few events."
        for g, n in largest.items()
        if n < FEW_RELEASES
    ]
    if "fabricated" in groups and not simulated:
        out.append(
            "Fabricated releases are known because they were noticed, most of them because prices moved: nothing here "
            "says how fabricated releases move prices on average."
        )
    if "real" not in groups or "generated" not in groups:
        out.append("Without labels of who wrote what, generated and real releases cannot be told apart here.")
    return out


def _hours(window: float) -> str:
    """A length of time in words."""
    if window < 1:
        return f"{60 * window:.0f} minutes"
    return f"{window / 24:g} days" if window > 24 and window % 24 == 0 else f"{window:g} h"


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}"
