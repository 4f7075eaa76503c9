"""Expected moves compared between groups of releases and with realised moves."""

import numpy as np
import polars as pl
from scipy import stats

from models.impact.comparison.compare import PAIRS, compare
from models.impact.comparison.groups import PERMUTATION, WHOLE
from models.impact.expected import ExpectedMoves
from models.impact.sample import GROUPS
from models.impact.significance.outcome import MIN_EVENTS, Outcome, normal
from models.impact.significance.overlap import mean_with_overlap
from models.impact.study import FORECAST
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


def expected_and_realised(scored: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.impact_tests: rank correlation of the text's effect with the size of the realised move.

    Realised is |move beyond the median expected without the text| in units of the reference walk's sigma; the interval
    is Fisher's, of independent releases.
    """
    own = _expected(scored.filter(pl.col("placed_doc_id").is_null(), pl.col("realised").is_not_null()))
    rows = []
    for horizon in HORIZONS_H:
        part = own.filter(pl.col("horizon_h") == horizon)
        moved = ((part["realised"] - part["median_none"]).abs() / part["width_walk"]).to_numpy()
        for group in ("all", *GROUPS):
            member = (
                (part["test_group"] != "").to_numpy() if group == "all" else (part["test_group"] == group).to_numpy()
            )
            for quantity in ("expected_width_change", "expected_move"):
                found = _rank_correlation(part[quantity].to_numpy()[member], moved[member], quantity)
                if found:
                    rows.append({
                        "study_id": EXPECTED_STUDY, "release_group": group, "window_h": float(horizon),
                        "benchmark": FORECAST, "test": found.test, "estimate": found.estimate, "low": found.low,
                        "high": found.high, "statistic": found.statistic, "p_value": found.p_value, "q_value": None,
                        "detectable": found.detectable, "power": None, "is_preferred": False, "n_releases": found.n,
                    })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _rank_correlation(x: np.ndarray, y: np.ndarray, quantity: str) -> Outcome | None:
    """Spearman's ρ with Fisher's interval; None below 2 · MIN_EVENTS releases or without variation."""
    n = len(x)
    if n < 2 * MIN_EVENTS or x.std() == 0:
        return None
    rho = float(stats.spearmanr(x, y).statistic)
    se = 1 / np.sqrt(n - 3)
    z = float(np.arctanh(np.clip(rho, -0.999999, 0.999999)))
    tested = normal(f"rank_correlation_of_{quantity}", z / se, n)
    low, high = (float(np.tanh(z + k * 1.96 * se)) for k in (-1, 1))
    return Outcome(tested.test, rho, low, high, tested.statistic, tested.p_value, n, float(se))
