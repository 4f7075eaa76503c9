"""What texts change in what is expected: compared between groups, with other texts, and with what came."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.impact.expected_comparison import expected_and_realised, expected_comparisons, text_effects

N = 120


@pytest.fixture(scope="module")
def effects() -> pl.DataFrame:
    """Releases a day apart: real ones shift the median by .02, generated ones and texts by .01, others not at all."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(N):
        group = "generated" if i % 3 == 0 else "real"
        size = 0.01 if group == "generated" else 0.02
        texts = {"real": size, "generated": 0.01, "shuffled": 0.0, "none": 0.0}
        for words, shift in texts.items():
            rows.append({
                "doc_id": f"d{i}", "asset": "BTC", "event_ts": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i),
                "test_group": group, "window_h": 24.0, "words": words, "text_id": f"{words}{i}",
                "median": shift * rng.choice([-1, 1]) + (0.0001 * rng.standard_normal() if words != "none" else 0.0),
                "width": 0.1 * (1 + 10 * shift), "realised_scaled": 100 * size * (1 + 0.3 * rng.standard_normal()),
            })  # fmt: skip
    return text_effects(pl.DataFrame(rows))


def test_what_a_text_changes_is_measured_against_no_text(effects):
    own = effects.filter(pl.col("words") == "real", pl.col("test_group") == "real")
    assert own["expected_move"].mean() == pytest.approx(0.02, rel=0.01)
    assert own["expected_width_change"].to_list() == pytest.approx([0.2] * len(own))
    assert set(effects["words"]) == {"real", "generated", "shuffled"}


def test_groups_are_compared_and_texts_are_paired_in_the_same_place(effects):
    rows = {
        (r["answer"], r["quantity"], r["method"], r["group_a"], r["group_b"]): r for r in expected_comparisons(effects)
    }
    apart = rows["scored", "expected_move", "permutation", "generated", "real"]
    assert apart["difference"] == pytest.approx(-0.01, rel=0.05)
    assert apart["p_value"] < 0.01
    paired = rows["scored", "expected_move", "paired", "generated", "real"]
    assert (paired["n_a"], paired["difference"]) == (80, pytest.approx(-0.01, rel=0.05))
    assert rows["scored", "expected_move", "paired", "generated", "all"]["n_a"] == N
    dealt = rows["counterfactual", "expected_width_change", "paired", "shuffled", "real"]
    assert dealt["difference"] == pytest.approx(-(0.2 * 80 + 0.1 * 40) / N)
    assert dealt["low"] <= dealt["difference"] <= dealt["high"]


def test_the_size_of_what_is_expected_goes_with_the_size_of_what_came(effects):
    rows = expected_and_realised(effects, "residual")
    row = rows.filter(
        pl.col("test") == "rank_correlation_of_expected_move_beyond_shuffled", pl.col("release_group") == "all"
    )
    assert row["estimate"][0] > 0.3
    assert row["low"][0] > 0
    assert set(rows["benchmark"]) == {"residual"}
