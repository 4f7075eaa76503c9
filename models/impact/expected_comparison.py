"""What the response model expects of releases, compared: between groups, with other texts in the same place, and with
what came.
"""

import numpy as np
import polars as pl
from scipy import stats

from domain.types import Array
from models.impact.comparison.compare import PAIRS, compare
from models.impact.comparison.groups import PERMUTATION, WHOLE
from models.impact.event_time import NO_WORDS, OWN, SHUFFLED
from models.impact.sample import ALL, GROUPS
from models.impact.significance.outcome import Outcome, interval
from models.impact.significance.overlap import mean_with_overlap
from models.impact.significance.placebo_ranks import MIN_BLOCKS
from models.impact.study_moves import FIRST_CLOSE_AFTER

EXPECTED_STUDY = "scored"
QUANTITIES = ("expected_width_change", "expected_move")
GENERATED = "generated"
KEYS = ("doc_id", "asset", "window_h")


def text_effects(texts: pl.DataFrame) -> pl.DataFrame:
    """Rows of `text_rows` with what each text changes against none: QUANTITIES, the width of the 90 % band as a share,
    and the absolute shift of the median (log return).
    """
    none = texts.filter(pl.col("words") == NO_WORDS).select(*KEYS, none_median="median", none_width="width")
    return texts.filter(pl.col("words") != NO_WORDS).join(none, on=KEYS, maintain_order="left").with_columns(
        expected_width_change=pl.col("width") / pl.col("none_width") - 1,
        expected_move=(pl.col("median") - pl.col("none_median")).abs(),
    )  # fmt: skip


def expected_comparisons(effects: pl.DataFrame) -> list[dict[str, object]]:
    """Releases with their own texts compared between groups (answer scored), generated texts with own ones in the same
    place, and every other kind of words with the own ones (answer counterfactual), of `text_effects`.
    """
    rows = []
    own = effects.filter(pl.col("words") == OWN)
    for (window,), part in own.group_by("window_h", maintain_order=True):
        groups = part["test_group"].to_numpy().astype(str)
        when = part["event_ts"].dt.epoch("s").to_numpy() / 3600
        others = effects.filter(pl.col("window_h") == window, pl.col("words") != OWN)
        for quantity in QUANTITIES:
            values = part[quantity].to_numpy()
            keys = _key_columns("scored", quantity, float(window))
            for a, b in PAIRS:
                member = (groups == a) | (groups == b)
                found = compare(values[member], groups[member] == a, when[member], float(window))
                if found is not None:
                    rows.append(keys | {"group_a": a, "group_b": b, "method": PERMUTATION, **vars(found)})
            pairs = others.join(part.select("doc_id", "asset", beside=quantity), on=["doc_id", "asset"])
            for (words,), placed in pairs.group_by("words", maintain_order=True):
                other_keys = _key_columns("counterfactual", quantity, float(window))
                rows += _paired(placed, quantity, other_keys | {"group_a": words, "group_b": OWN}, float(window))
            made = pairs.filter(pl.col("words") == GENERATED)
            for group, placed in ((OWN, made.filter(pl.col("test_group") == OWN)), (ALL, made)):
                rows += _paired(placed, quantity, keys | {"group_a": GENERATED, "group_b": group}, float(window))
    return rows


def _key_columns(answer: str, quantity: str, window_h: float) -> dict[str, object]:
    return {"study_id": EXPECTED_STUDY, "answer": answer, "quantity": quantity, "window_h": window_h,
            "slice_by": WHOLE[0], "slice": WHOLE[1]}  # fmt: skip


def _paired(
    pairs: pl.DataFrame, quantity: str, key_columns: dict[str, object], window_h: float
) -> list[dict[str, object]]:
    """The mean of paired differences to `beside`, with a variance that allows for overlapping windows."""
    ordered = pairs.sort("event_ts", maintain_order=True)
    when, beside = ordered["event_ts"].dt.epoch("s").to_numpy() / 3600, ordered["beside"].to_numpy()
    found = mean_with_overlap(ordered[quantity].to_numpy() - beside, when, window_h, test="paired")
    if found is None or found.estimate is None:
        return []
    mean_b = float(beside.mean())
    return [key_columns | {
        "method": "paired", "mean_a": mean_b + found.estimate, "mean_b": mean_b, "difference": found.estimate,
        "low": found.low, "high": found.high, "p_value": found.p_value, "n_a": found.n, "n_b": found.n,
        "detectable": found.detectable,
    }]  # fmt: skip


def expected_and_realised(effects: pl.DataFrame, benchmark: str) -> pl.DataFrame:
    """Rows of models.impact_tests: rank correlation of the text's effect with the size of the move that came
    (in sigmas of `benchmark`).

    Beside it stands what the release's own text adds to an earlier one's in its place (`…_beyond_shuffled`): a model
    that knows which times are lively correlates without reading. Releases of one day are taken together; below
    MIN_BLOCKS days nothing is tested.
    """
    shuffled = effects.filter(pl.col("words") == SHUFFLED).select(
        *KEYS, *(pl.col(q).alias(f"of_other_{q}") for q in QUANTITIES)
    )
    own = effects.filter(pl.col("words") == OWN).join(shuffled, on=KEYS, how="left", maintain_order="left")
    rows = []
    for (window,), part in own.group_by("window_h", maintain_order=True):
        moved = part["realised_scaled"].abs().to_numpy()
        for group in (ALL, *GROUPS):
            member = (part["test_group"] != "" if group == ALL else part["test_group"] == group).to_numpy()
            for quantity in QUANTITIES:
                x, other = (part[c].to_numpy()[member] for c in (quantity, f"of_other_{quantity}"))
                for found in rank_correlations(x, other, moved[member], part["event_ts"].filter(member), quantity):
                    rows.append({
                        "study_id": EXPECTED_STUDY, "release_group": group, "window_h": float(window),
                        "base": FIRST_CLOSE_AFTER, "benchmark": benchmark, "test": found.test,
                        "estimate": found.estimate, "low": found.low,
                        "high": found.high, "statistic": found.statistic, "p_value": found.p_value, "q_value": None,
                        "detectable": found.detectable, "power": None, "is_preferred": False, "n_releases": found.n,
                    })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def rank_correlations(x: Array, shuffled: Array, y: Array, when: pl.Series, quantity: str) -> list[Outcome]:
    """Spearman's ρ of x with y, and what it has beyond that of `shuffled` with y, over releases that have both.

    The standard errors are those of sums over days of each release's influence on ρ; Student's t with days − 1 degrees.
    """
    day = (when.dt.epoch("s").to_numpy() // 86400).astype(np.int64)
    both = np.isfinite(x) & np.isfinite(y) & np.isfinite(shuffled)
    out = []
    for name, known, other in (
        (quantity, np.isfinite(x) & np.isfinite(y), None),
        (f"{quantity}_beyond_shuffled", both, shuffled),
    ):
        n_days = len(np.unique(day[known]))
        if n_days < MIN_BLOCKS or x[known].std() == 0 or (other is not None and other[known].std() == 0):
            continue
        rho, influence = _spearman(x[known], y[known])
        if other is not None:
            beside, of_other = _spearman(other[known], y[known])
            rho, influence = rho - beside, influence - of_other
        _, at = np.unique(day[known], return_inverse=True)
        se = float(np.sqrt((np.bincount(at, weights=influence) ** 2).sum() * n_days / (n_days - 1)))
        out.append(interval(f"rank_correlation_of_{name}", rho, se, int(known.sum()), df=n_days - 1))
    return out


def _spearman(x: Array, y: Array) -> tuple[float, Array]:
    """Spearman's ρ and the influence of each pair on it, [N]."""
    a, b = (stats.zscore(stats.rankdata(v)) for v in (x, y))
    rho = float(np.mean(a * b))
    return rho, (a * b - rho * (a**2 + b**2) / 2) / len(x)
