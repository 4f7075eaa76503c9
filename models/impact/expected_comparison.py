"""Expected moves compared between groups of releases and with realised moves."""

import numpy as np
import polars as pl
from scipy import stats

from domain.types import Array
from models.impact.comparison.compare import PAIRS, compare
from models.impact.comparison.groups import PERMUTATION, WHOLE
from models.impact.expected import ExpectedMoves
from models.impact.sample import GROUPS
from models.impact.significance.outcome import Outcome, interval
from models.impact.significance.overlap import mean_with_overlap
from models.impact.significance.placebo_ranks import MIN_BLOCKS
from models.impact.study import FORECAST
from models.impact.study_moves import LAST_CLOSE
from models.quantiles.quantiles import HORIZONS_H

EXPECTED_STUDY = "scored"


def expected_comparisons(expected: ExpectedMoves) -> list[dict[str, object]]:
    """Expected moves compared between groups: unpaired over all releases, and paired in the same place."""
    rows = []
    placed = expected.releases.filter(pl.col("placed_doc_id").is_not_null())
    for horizon in HORIZONS_H:
        part = _expected(expected.releases.filter(pl.col("horizon_h") == horizon))
        groups = part["test_group"].to_numpy().astype(str)
        when = part["event_ts"].dt.epoch("s").to_numpy() / 3600
        for quantity in ("expected_width_change", "expected_move"):
            values = part[quantity].to_numpy()
            key_columns = _key_columns("scored", quantity, horizon)
            for a, b in PAIRS:
                member = (groups == a) | (groups == b)
                found = compare(values[member], groups[member] == a, when[member], float(horizon))
                if found is not None:
                    rows.append(key_columns | {"group_a": a, "group_b": b, "method": PERMUTATION, **vars(found)})
            pairs = _expected(placed.filter(pl.col("horizon_h") == horizon)).join(
                part.select("asset", placed_doc_id="doc_id", beside=quantity, host="test_group"),
                on=["asset", "placed_doc_id"],
            )
            for group, part_of in (("real", pairs.filter(pl.col("host") == "real")), ("all", pairs)):
                rows += _paired(part_of, quantity, key_columns | {"group_a": "generated", "group_b": group}, horizon)
    return rows


def _expected(part: pl.DataFrame) -> pl.DataFrame:
    """Adds what the text changes: the width of the 90 % band, and the absolute shift of the median."""
    return part.with_columns(
        expected_width_change=pl.col("width_text") / pl.col("width_none") - 1,
        expected_move=(pl.col("median_text") - pl.col("median_none")).abs(),
    )


def _key_columns(answer: str, quantity: str, horizon: int) -> dict[str, object]:
    return {"study_id": EXPECTED_STUDY, "answer": answer, "quantity": quantity, "window_h": float(horizon),
            "slice_by": WHOLE[0], "slice": WHOLE[1]}  # fmt: skip


def other_text_comparisons(expected: ExpectedMoves) -> list[dict[str, object]]:
    """Other texts in the place of a real release against its own text, paired: the change from having no text."""
    keys = ["doc_id", "asset", "horizon_h"]
    when = expected.releases.select(*keys, "event_ts")
    texts = expected.counterfactual.join(when, on=keys)
    none = texts.filter(pl.col("words") == "none").select(*keys, none_median="median", none_width="width")
    changed = texts.join(none, on=keys).with_columns(
        expected_width_change=pl.col("width") / pl.col("none_width") - 1,
        expected_move=(pl.col("median") - pl.col("none_median")).abs(),
    )
    rows = []
    for horizon in HORIZONS_H:
        of_horizon = changed.filter(pl.col("horizon_h") == horizon)
        for quantity in ("expected_width_change", "expected_move"):
            own = of_horizon.filter(pl.col("words") == "real").select("doc_id", "asset", beside=quantity)
            for other in ("generated", "shuffled", "other_asset", "none"):
                pairs = of_horizon.filter(pl.col("words") == other).join(own, on=["doc_id", "asset"])
                key_columns = _key_columns("counterfactual", quantity, horizon) | {"group_a": other, "group_b": "real"}
                rows += _paired(pairs, quantity, key_columns, horizon)
    return rows


def _paired(
    pairs: pl.DataFrame, quantity: str, key_columns: dict[str, object], horizon: int
) -> list[dict[str, object]]:
    """The mean of paired differences to `beside`, with a variance that allows for overlapping windows."""
    ordered = pairs.sort("event_ts", maintain_order=True)
    when, beside = ordered["event_ts"].dt.epoch("s").to_numpy() / 3600, ordered["beside"].to_numpy()
    found = mean_with_overlap(ordered[quantity].to_numpy() - beside, when, float(horizon), test="paired")
    if found is None or found.estimate is None:
        return []
    mean_b = float(beside.mean())
    return [key_columns | {
        "method": "paired", "mean_a": mean_b + found.estimate, "mean_b": mean_b, "difference": found.estimate,
        "low": found.low, "high": found.high, "p_value": found.p_value, "n_a": found.n, "n_b": found.n,
        "detectable": found.detectable,
    }]  # fmt: skip


def expected_and_realised(expected: ExpectedMoves) -> pl.DataFrame:
    """Rows of models.impact_tests: rank correlation of the text's effect with the size of the realised move.

    Realised is |move beyond the median expected without the text| in units of the reference walk's sigma. Beside it
    stands what the release's own text adds to an earlier one's in its place (`…_beyond_shuffled`): a network that knows
    which times are lively correlates without reading. Releases of one day are taken together; below MIN_BLOCKS days
    nothing is tested.
    """
    scored = expected.releases
    own = _expected(scored.filter(pl.col("placed_doc_id").is_null(), pl.col("realised").is_not_null()))
    own = own.join(_shuffled_effects(expected), on=["doc_id", "asset", "horizon_h"], how="left", maintain_order="left")
    rows = []
    for horizon in HORIZONS_H:
        part = own.filter(pl.col("horizon_h") == horizon)
        moved = ((part["realised"] - part["median_none"]).abs() / part["width_walk"]).to_numpy()
        for group in ("all", *GROUPS):
            member = (
                (part["test_group"] != "").to_numpy() if group == "all" else (part["test_group"] == group).to_numpy()
            )
            for quantity in ("expected_width_change", "expected_move"):
                x, shuffled = (part[c].to_numpy()[member] for c in (quantity, f"shuffled_{quantity}"))
                for found in rank_correlations(x, shuffled, moved[member], part["event_ts"].filter(member), quantity):
                    rows.append({
                        "study_id": EXPECTED_STUDY, "release_group": group, "window_h": float(horizon),
                        "base": LAST_CLOSE, "benchmark": FORECAST, "test": found.test,
                        "estimate": found.estimate, "low": found.low,
                        "high": found.high, "statistic": found.statistic, "p_value": found.p_value, "q_value": None,
                        "detectable": found.detectable, "power": None, "is_preferred": False, "n_releases": found.n,
                    })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _shuffled_effects(expected: ExpectedMoves) -> pl.DataFrame:
    """What an earlier text of the asset in a release's place changes: doc_id, asset, horizon_h and both quantities."""
    keys = ["doc_id", "asset", "horizon_h"]
    texts = expected.counterfactual
    none = texts.filter(pl.col("words") == "none").select(*keys, none_median="median", none_width="width")
    return (
        texts.filter(pl.col("words") == "shuffled")
        .join(none, on=keys)
        .select(
            *keys, shuffled_expected_width_change=pl.col("width") / pl.col("none_width") - 1,
            shuffled_expected_move=(pl.col("median") - pl.col("none_median")).abs(),
        )
    )  # fmt: skip


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
