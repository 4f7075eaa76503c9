"""Rules that make orders of forecasts, each with all the settings that are tried."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from domain.types import Array
from models.backtest.ledger.terms import HOURS_PER_YEAR
from models.backtest.strategies.views import Views
from models.quantiles.quantiles import HORIZONS_H

Kind = Literal["sign", "volatility", "edge", "kelly"]
Side = Literal["both", "long"]
FULL_CONVICTION = 0.25  # a median a quarter of a sigma away from zero


@dataclass(frozen=True)
class Rule:
    """How a forecast becomes a weight. Whatever the rule, a long-only one leaves shorts out.

    sign         one share of the capital in each asset, in the direction of the median
    volatility   conviction (median ÷ sigma) on equal risk, so that all assets at full conviction have `target_vol` a
                 year by the covariance known then
    edge         the sizes of `volatility` at full conviction, taken up only where the mean beats `strength` times what
                 getting in and out costs, and held until the mean changes its sign
    kelly        `strength` times the growth-optimal weights Σ⁻¹μ
    """

    kind: Kind
    horizon_h: int = 24
    side: Side = "both"
    strength: float = 1.0
    target_vol: float = 0.20
    max_weight: float = 0.25

    @property
    def name(self) -> str:
        """As pages and tables call it."""
        strength = f" ×{self.strength:g}" if self.kind in ("edge", "kelly") else ""
        return f"{self.kind}{strength} {self.horizon_h} h, {'long and short' if self.side == 'both' else 'long only'}"

    def weights(self, views: Views, cost: Array) -> Array:
        """Weights [D, A] at each decision; `cost` [D, A]: of getting in and out, share of the notional, known then.

        An asset without a forecast is not held.
        """
        at = HORIZONS_H.index(self.horizon_h)
        mean, median, sigma = views.mean[:, :, at], views.median[:, :, at], views.sigma[:, :, at]
        known = np.isfinite(median)
        if self.kind == "sign":
            raw = np.sign(median) / np.maximum(known.sum(1, keepdims=True), 1)
        elif self.kind == "kelly":
            raw = self.strength * _growth_optimal(views, mean, sigma)
        else:
            raw = self._by_risk(views, mean, median, sigma, cost)
        raw = np.where(known, raw, 0.0)
        if self.side == "long":
            raw = np.maximum(raw, 0.0)
        return raw if self.kind == "sign" else np.clip(raw, -self.max_weight, self.max_weight)

    def _by_risk(self, views: Views, mean: Array, median: Array, sigma: Array, cost: Array) -> Array:
        if self.kind == "volatility":
            conviction = np.clip(median / sigma / FULL_CONVICTION, -1, 1)
        else:
            conviction = _held_while_it_lasts(mean, self.strength * cost, long_only=self.side == "long")
        full = np.sign(conviction) / sigma
        yearly = np.sqrt(
            np.nansum(full * _covariance_times(views, sigma, full), axis=1) * HOURS_PER_YEAR / self.horizon_h
        )
        scale = np.divide(self.target_vol, yearly, out=np.zeros_like(yearly), where=yearly > 0)
        return np.abs(conviction) * full * scale[:, None]


def _covariance_times(views: Views, sigma: Array, weights: Array) -> Array:
    """Σ w [D, A], with the forecast's sigmas and the correlation known then; assets without a forecast left out."""
    risk = np.nan_to_num(weights * sigma)
    return np.nan_to_num(sigma) * np.einsum("dab,db->da", views.correlation, risk)


def _growth_optimal(views: Views, mean: Array, sigma: Array) -> Array:
    """Σ⁻¹μ [D, A]: what maximises the expected growth of the capital to second order; 0 where there is no forecast.

    μ is the expected simple return: the mean of the log return plus half of its variance.
    """
    out = np.zeros_like(mean)
    for i, known in enumerate(np.isfinite(mean)):
        if known.any():
            spread = sigma[i, known]
            cov = views.correlation[i][np.ix_(known, known)] * np.outer(spread, spread)
            out[i, known] = np.linalg.solve(cov, mean[i, known] + spread**2 / 2)
    return out


def _held_while_it_lasts(mean: Array, threshold: Array, *, long_only: bool) -> Array:
    """−1, 0 or 1 [D, A]: taken up where |mean| beats the threshold, held while the mean keeps its sign."""
    out, held = np.zeros_like(mean), np.zeros(mean.shape[1])
    for i in range(len(mean)):
        view = np.sign(np.nan_to_num(mean[i]))
        wanted = np.where(np.nan_to_num(np.abs(mean[i])) > np.nan_to_num(threshold[i], nan=np.inf), view, 0.0)
        if long_only:
            wanted = np.maximum(wanted, 0.0)
        held = np.where(wanted != 0, wanted, np.where(view == held, held, 0.0))
        out[i] = held
    return out


def all_rules(target_vol: float, max_weight: float) -> list[Rule]:
    """Every rule with every setting that is tried."""
    horizons = [h for h in HORIZONS_H if h >= 4]
    sides: tuple[Side, ...] = ("both", "long")
    kinds: tuple[tuple[Kind, float], ...] = (
        ("sign", 1.0),
        ("volatility", 1.0),
        ("edge", 1.0),
        ("edge", 2.0),
        ("kelly", 0.25),
        ("kelly", 0.5),
    )
    return [
        Rule(kind, horizon, side, strength, target_vol, max_weight)
        for (kind, strength), horizon, side in product(kinds, horizons, sides)
    ]
