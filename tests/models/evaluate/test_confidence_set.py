"""The model confidence set against the reference, on losses that arch cannot take, and by simulation."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from models.evaluate.confidence_set import model_confidence_set
from tests.kits.simulated import Array, is_nominal
from tests.models.conftest import Reference

METHODS = ["R", "max"]


@pytest.fixture(autouse=True)
def no_warning() -> Iterator[None]:
    pytest.importorskip("arch")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.fixture
def case(published: Reference) -> tuple[list[str], Array, NDArray[np.int64]]:
    columns = published.columns("mcs_losses.csv")
    rows = np.loadtxt(published.folder / "mcs_bootstrap_indices.csv", delimiter=",", dtype=np.int64)
    return list(columns), np.column_stack(list(columns.values())), rows


@pytest.mark.parametrize("method", METHODS)
def test_the_confidence_set_from_the_shipped_resamples_is_that_of_the_reference(published, case, method) -> None:  # type: ignore[no-untyped-def]
    names, losses, rows = case
    theirs = published.python["mcs"][method]
    mine = model_confidence_set(losses, names, block=5, method=method, resamples=rows)
    assert mine.p_values == pytest.approx(theirs["pvalues"], abs=1e-9)
    assert list(mine.included) == theirs["included_at_10pct"]
    assert sorted(set(names) - set(mine.included)) == theirs["excluded"]
    in_order = [mine.p_values[name] for name in theirs["elimination_order"]]
    assert in_order == sorted(in_order)


@pytest.mark.parametrize("method", METHODS)
def test_the_confidence_set_from_its_own_draws_is_that_of_the_reference(published, case, method) -> None:  # type: ignore[no-untyped-def]
    names, losses, _ = case
    mine = model_confidence_set(losses, names, block=5, method=method, reps=10_000, seed=1)
    assert mine.p_values == pytest.approx(published.python["mcs"][method]["pvalues_10000_reps_seed1"], abs=1e-9)


def by_formula(losses: Array, rows: NDArray[np.int64]) -> list[tuple[int, float]]:
    """Eliminated columns and p-values of method R, written out from Hansen, Lunde and Nason (2011)."""
    left, out, highest = list(range(losses.shape[1])), [], 0.0
    mean, draws = losses.mean(0), losses[rows].mean(1)
    while len(left) > 1:
        t: dict[tuple[int, int], tuple[float, Array]] = {}
        for i in left:
            for j in left:
                if i != j:
                    observed, drawn = mean[i] - mean[j], draws[:, i] - draws[:, j]
                    error = np.sqrt(np.mean((drawn - observed) ** 2))
                    t[i, j] = (observed / error, (drawn - observed) / error)
        worst = max(t, key=lambda pair: t[pair][0])
        highest = max(highest, float(np.mean(np.max([x for _, x in t.values()], 0) > t[worst][0])))
        out.append((worst[0], highest))
        left.remove(worst[0])
    return [*out, (left[0], 1.0)]


def test_the_confidence_set_is_that_of_the_formula_in_order_and_p_values(published, case) -> None:  # type: ignore[no-untyped-def]
    names, losses, rows = case
    mine = model_confidence_set(losses, names, block=5, resamples=rows)
    formula = by_formula(losses, rows)
    assert [names[i] for i, _ in formula] == published.python["mcs"]["R"]["elimination_order"]
    assert mine.p_values == pytest.approx({names[i]: p for i, p in formula}, abs=1e-12)


def noise(seed: int, n: int, models: int) -> Array:
    return np.random.default_rng(seed).standard_normal((n, models)) ** 2


@pytest.mark.parametrize("method", METHODS)
def test_a_twin_shares_its_p_value_and_a_model_worse_by_a_constant_has_none(method) -> None:  # type: ignore[no-untyped-def]
    losses = noise(1, 100, 3)
    alone = model_confidence_set(losses, ["a", "b", "c"], block=4, method=method)
    wider = np.column_stack([losses, losses[:, 0], losses[:, 1] + 0.5])
    mine = model_confidence_set(wider, ["a", "b", "c", "twin", "worse"], block=4, method=method)
    assert mine.p_values == {**alone.p_values, "twin": alone.p_values["a"], "worse": 0.0}
    assert "worse" not in mine.included


@pytest.mark.parametrize("method", METHODS)
def test_losses_that_differ_by_constants_only_leave_the_lowest_and_equal_ones_leave_all(method) -> None:  # type: ignore[no-untyped-def]
    base = noise(2, 60, 1)
    mine = model_confidence_set(base + np.array([0.3, 0.1, 0.2]), ["a", "b", "c"], block=4, method=method)
    assert mine.p_values == {"a": 0.0, "b": 1.0, "c": 0.0}
    for same in (np.tile(base, 3), np.zeros((60, 3))):
        assert model_confidence_set(same, ["a", "b", "c"], block=4, method=method).included == ("a", "b", "c")


@pytest.mark.parametrize("method", METHODS)
def test_models_with_equal_means_that_differ_row_by_row_both_stay(method) -> None:  # type: ignore[no-untyped-def]
    a, b = np.tile([1.0, 2.0, 1.0, 2.0], 20), np.tile([2.0, 1.0, 1.0, 2.0], 20)
    mine = model_confidence_set(np.column_stack([a, b]), ["a", "b"], block=5, method=method)
    assert mine.p_values["a"] == 1.0
    assert mine.included == ("a", "b")


def test_losses_that_do_not_fit_are_refused_with_what_they_were() -> None:
    losses = noise(3, 20, 2)
    with pytest.raises(ValueError, match=r"got \(20, 2\) and \['a'\]"):
        model_confidence_set(losses, ["a"], block=3)
    with pytest.raises(ValueError, match="finite"):
        model_confidence_set(np.where(losses > 1, np.nan, losses), ["a", "b"], block=3)
    with pytest.raises(ValueError, match="1 to 19 of the 20 rows, got 20"):
        model_confidence_set(losses, ["a", "b"], block=20)
    with pytest.raises(ValueError, match=r"\[reps, 20\]"):
        model_confidence_set(losses, ["a", "b"], block=3, resamples=np.zeros((5, 19), dtype=np.int64))
    with pytest.raises(ValueError, match="no spread"):
        model_confidence_set(
            np.where(losses > 1, 1.0, 0.0), ["a", "b"], block=3, resamples=np.tile(np.arange(20), (5, 1))
        )


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_set_keeps_the_best_model_at_least_as_often_as_it_says_and_drops_a_bad_one(method) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(31)
    kept, dropped, draws = 0, 0, 200
    for i in range(draws):
        shared = rng.standard_normal((150, 1))
        losses = shared + rng.standard_normal((150, 4)) + np.array([0.0, 0.1, 0.2, 0.5])
        losses[1:] += 0.5 * losses[:-1]
        mine = model_confidence_set(losses, list("abcd"), block=5, method=method, reps=200, seed=i)
        kept += "a" in mine.included
        dropped += "d" not in mine.included
    assert kept / draws >= 0.9
    assert dropped / draws > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_set_keeps_all_of_four_equal_models_as_often_as_it_says(method) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(32)
    kept = [
        len(
            model_confidence_set(rng.standard_normal((150, 4)), list("abcd"), block=1, method=method, reps=200).included
        )
        for _ in range(200)
    ]
    assert is_nominal(float(np.mean(np.array(kept) < 4)), 200, nominal=0.1)
