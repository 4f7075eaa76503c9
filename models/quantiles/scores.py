"""Scores of quantile forecasts. Lower is better, but for coverage, whose target is its name."""

from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import stats

from domain.types import Array


def pinball(quantiles: Array, outcome: Array, levels: Array) -> Array:
    """Pinball loss per level, [..., Q]; quantiles [..., Q], outcome [...]. Koenker and Bassett (1978)."""
    error = outcome[..., None] - quantiles
    return np.maximum(levels * error, (levels - 1) * error)


def crps(quantiles: Array, outcome: Array, levels: Array) -> Array:
    """Continuous ranked probability score from evenly spaced levels, [...]: twice the mean pinball loss.

    Unit of the outcome. Levels must be evenly spaced, else they need weights: ValueError.
    """
    steps = np.diff(levels)
    if len(levels) > 1 and not np.allclose(steps, steps[0]):
        raise ValueError(f"crps needs evenly spaced levels, got {levels}")
    return 2 * pinball(quantiles, outcome, levels).mean(-1)


def crps_ensemble(
    members: Array, outcome: Array, estimator: Literal["nrg", "fair", "akr", "akr_circperm"] = "fair"
) -> Array:
    """Continuous ranked probability score of an ensemble, [...]: mean |x − y| − ½ mean |x − x′|. Unit of the outcome.

    `members` [..., M], `outcome` [...]. What x′ runs over: `nrg` all M² pairs (the score of the step function; integral
    and quantile decomposition give the same), `fair` the M (M − 1) pairs of different members (unbiased; probability
    weighted moments give the same), `akr` the member before, `akr_circperm` the member half a circle ahead: these two
    want members in random order. ValueError for `fair` with one member, and for an unknown estimator. Gneiting and
    Raftery (2007), Ferro (2014).
    """
    m = members.shape[-1]
    distance = np.abs(members - outcome[..., None]).mean(-1)
    if estimator in ("akr", "akr_circperm"):
        shift = 1 if estimator == "akr" else -(1 + (m - 1) // 2)
        return distance - np.abs(members - np.roll(members, shift, -1)).mean(-1) / 2
    if estimator not in ("nrg", "fair"):
        raise ValueError(f"estimator must be nrg, fair, akr or akr_circperm, got {estimator!r}")
    if estimator == "fair" and m < 2:
        raise ValueError("the fair estimator compares members with each other and needs two, got one")
    half_spread = np.sort(members, -1) @ (2.0 * np.arange(1, m + 1) - m - 1)
    return distance - half_spread / (m * (m if estimator == "nrg" else m - 1))


def crps_normal(mean: Array, deviation: Array, outcome: Array) -> Array:
    """Continuous ranked probability score of a normal forecast, [...]: σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π).

    z = (y − μ) ÷ σ; the arrays broadcast; unit of the outcome. ValueError for a deviation that is not positive.
    Gneiting and Raftery (2007).
    """
    if not np.all(np.asarray(deviation) > 0):
        raise ValueError(f"the deviation of a normal forecast must be positive, got {np.min(deviation)}")
    z = (outcome - mean) / deviation
    return deviation * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


def multi_quantile_loss(quantiles: Array, outcome: Array, levels: Array) -> float:
    """Pinball loss, mean over all forecasts and levels; shapes as in `pinball`. Unit of the outcome."""
    return float(pinball(quantiles, outcome, levels).mean())


def weighted_quantile_loss(quantiles: Array, outcome: Array, levels: Array) -> Array:
    """2 Σ pinball ÷ Σ |outcome| per level, [Q], without unit; shapes as in `pinball`.

    Its mean over evenly spaced levels is the CRPS of all forecasts over Σ |outcome|. ValueError where every outcome is
    zero. Salinas, Flunkert, Gasthaus and Januschowski (2020).
    """
    total = float(np.abs(outcome).sum())
    if total == 0:
        raise ValueError("weighted quantile loss divides by the sum of |outcome|, and every outcome is zero")
    return 2 * pinball(quantiles, outcome, levels).reshape(-1, len(levels)).sum(0) / total


def coverage(lower: Array, upper: Array, outcome: Array) -> float:
    """Share of known outcomes inside [lower, upper]."""
    known = np.isfinite(outcome)
    return float(np.mean((outcome[known] >= lower[known]) & (outcome[known] <= upper[known])))


def mase(outcome: Array, forecast: Array, history: Array, season: int = 1) -> float:
    """Mean absolute error ÷ that of the seasonal naive forecast on `history`. Hyndman and Koehler (2006)."""
    return float(np.mean(np.abs(outcome - forecast)) / np.mean(np.abs(history[season:] - history[:-season])))


def skill(score: float, reference: float) -> float:
    """1 − score ÷ reference: positive where better than the reference walk."""
    return 1 - score / reference


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
