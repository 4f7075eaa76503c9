"""Scores of quantile forecasts. Lower is better, but for coverage, whose target is its name."""

from functools import lru_cache

import numpy as np

from domain.types import Array
from models.quantiles.quantiles import LEVELS

TAIL = 0.025 + 1e-9


def pinball(quantiles: Array, outcome: Array, levels: Array) -> Array:
    """Pinball loss per level, [..., Q]; quantiles [..., Q], outcome [...]. Koenker and Bassett (1978)."""
    error = outcome[..., None] - quantiles
    return np.maximum(levels * error, (levels - 1) * error)


def crps(quantiles: Array, outcome: Array, levels: Array) -> Array:
    """Continuous ranked probability score from evenly spaced levels, [...]: twice the mean pinball loss.

    Unit of the outcome. Levels must be evenly spaced, else they need weights: ValueError.
    """
    steps = np.diff(levels)
    if len(levels) > 1 and not (np.abs(steps - steps[0]) <= 1e-8 + 1e-5 * np.abs(steps[0])).all():
        raise ValueError(f"crps needs evenly spaced levels, got {levels}")
    return 2 * pinball(quantiles, outcome, levels).mean(-1)


def tail_loss(quantiles: Array, outcome: Array) -> Array:
    """Mean pinball loss over the levels of LEVELS at most TAIL from either end, [...]; quantiles [..., Q]."""
    levels = np.array(LEVELS)
    outer = (levels <= TAIL) | (levels >= 1 - TAIL)
    return pinball(quantiles[..., outer], outcome, levels[outer]).mean(-1)


def coverage(lower: Array, upper: Array, outcome: Array) -> float:
    """Share of known outcomes inside [lower, upper]."""
    known = np.isfinite(outcome)
    return float(np.mean((outcome[known] >= lower[known]) & (outcome[known] <= upper[known])))


@lru_cache(maxsize=16)
def _block_draws(n: int, block: int, draws: int, seed: int) -> Array:
    """How often each of n rows enters each draw of the circular block bootstrap, [draws, n]."""
    starts = np.random.default_rng(seed).integers(0, n, (draws, -(-n // block)))
    rows = ((starts[:, :, None] + np.arange(block)) % n).reshape(draws, -1)[:, :n]
    flat = rows + np.arange(draws)[:, None] * n
    return np.bincount(flat.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)


def block_bootstrap_ratio(
    score: Array, reference: Array, *, block: int, draws: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """95 % interval of mean(score) ÷ mean(reference), both [N] in order of time, by the circular block bootstrap.

    Politis and Romano (1992). Blocks of `block` rows keep what neighbouring origins share.
    """
    weight = _block_draws(len(score), block, draws, seed)
    ratio = (weight @ score) / (weight @ reference)
    low, high = np.quantile(ratio, [0.025, 0.975])
    return float(low), float(high)
