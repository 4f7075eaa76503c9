"""The model confidence set: the models that cannot be distinguished from the best."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.types import Array

TIE_TOLERANCE = 1e-12  # share of the largest loss below which two losses count as equal


@dataclass(frozen=True)
class ConfidenceSet:
    """Names of the models in the set, in the order given, and every model's p-value; the set is p > size."""

    included: tuple[str, ...]
    p_values: dict[str, float]
    size: float


def model_confidence_set(
    losses: Array,
    names: Sequence[str],
    *,
    block: int,
    size: float = 0.1,
    method: Literal["R", "max"] = "R",
    reps: int = 1000,
    seed: int = 1,
    resamples: NDArray[np.int64] | None = None,
) -> ConfidenceSet:
    """Set that in large samples holds the best models with probability 1 − `size` or more, by `arch.bootstrap.MCS`.

    `losses` [N, M]: one column per name, rows in order of time, lower is better. Stationary bootstrap with blocks of
    `block` rows on average, at least the span over which losses overlap. `method` R: largest t of any pair; max:
    largest t against the mean of the set. `resamples` [reps, N], row numbers, take the place of the draws of `seed`.

    Cases on which arch fails: a model with the same losses as another gets the other's p-value; one that is worse by
    a constant gets 0; ties of means are broken by a part in 10¹² in the order given. ValueError for shapes that do not
    match, losses that are not finite, a block not within 1 … N − 1, or resamples without spread. With few blocks
    (N ÷ `block` below about 100) the set is too small: docs/methods.md. Hansen, Lunde and Nason (2011).
    """
    losses = np.asarray(losses, dtype=float)
    _check(losses, names, block, resamples)
    representatives = _representatives(losses)
    kept = sorted({r for r in representatives if r is not None})
    values = _p_values(_break_ties(losses[:, kept]), block, method, reps, seed, resamples) if len(kept) > 1 else [1.0]
    by_column = dict(zip(kept, values, strict=True))
    p = {name: 0.0 if r is None else by_column[r] for name, r in zip(names, representatives, strict=True)}
    return ConfidenceSet(tuple(name for name in names if p[name] > size), p, size)


def _check(losses: Array, names: Sequence[str], block: int, resamples: NDArray[np.int64] | None) -> None:
    if losses.ndim != 2 or losses.shape[1] != len(names) or len(set(names)) != len(names) or len(names) < 2:
        raise ValueError(f"losses must be [N, M] with M ≥ 2 different names, got {losses.shape} and {list(names)}")
    if not np.isfinite(losses).all():
        raise ValueError("losses must be finite: leave out the rows that a model did not forecast")
    n = len(losses)
    if not 1 <= block < n:
        raise ValueError(f"a block must have 1 to {n - 1} of the {n} rows, got {block}")
    if resamples is not None and (resamples.ndim != 2 or resamples.shape[1] != n):
        raise ValueError(f"resamples must be [reps, {n}] row numbers, got {resamples.shape}")


def _representatives(losses: Array) -> list[int | None]:
    """Per column, the first column with the same loss, or None where another is lower by a constant."""
    tolerance = TIE_TOLERANCE * float(np.abs(losses).max())
    out: list[int | None] = []
    for column in losses.T:
        difference = losses - column[:, None]
        constant = np.ptp(difference, axis=0) <= tolerance
        offset = np.where(constant, difference[0], np.inf)
        beaten = bool((offset < -tolerance).any())
        out.append(None if beaten else int(np.argmax(np.abs(offset) <= tolerance)))
    return out


def _break_ties(losses: Array) -> Array:
    """Losses with equal means shifted by a part in 10¹², since arch cannot order a tie."""
    step = TIE_TOLERANCE * np.abs(losses).max()
    rank = np.argsort(np.argsort(losses.mean(0), kind="stable"))
    ordered = np.sort(losses.mean(0))
    if np.diff(ordered).min() > step:
        return losses
    return losses + step * rank


class _FixedResamples:
    """A replacement of arch's bootstrap that yields given row numbers."""

    def __init__(self, resamples: NDArray[np.int64]) -> None:
        self.resamples = resamples

    def bootstrap(self, reps: int) -> Iterator[tuple[tuple[NDArray[np.int64], ...], dict[str, object]]]:
        """The first `reps` resamples, in arch's form: positional and keyword data."""
        for rows in self.resamples[:reps]:
            yield (rows,), {}


def _p_values(
    losses: Array, block: int, method: Literal["R", "max"], reps: int, seed: int, resamples: NDArray[np.int64] | None
) -> list[float]:
    from arch.bootstrap import MCS

    reps = reps if resamples is None else len(resamples)
    # the size given here only decides arch's own list of models, which is not used
    mcs = MCS(losses, size=0.1, reps=reps, block_size=block, method=method, seed=seed)
    if resamples is not None:
        mcs.bootstrap = _FixedResamples(resamples)  # type: ignore[assignment]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            mcs.compute()
        except RuntimeWarning as problem:
            raise ValueError(f"the differences of these losses have no spread to test with: {problem}") from problem
    return [float(p) for p in mcs.pvalues["Pvalue"].loc[list(range(losses.shape[1]))]]
