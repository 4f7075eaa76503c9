"""Baselines that forecast the scale of returns: GARCH(1,1)-t and HAR. Each is a random walk with another sigma.

Both give sigma [T, A, H] known at each row from parameters fitted up to the end of training; `fit_walk` then reads
the asset's own standardised quantiles off it, as for the reference walk. HAR's is also what networks correct (base.py).
"""

import logging
from dataclasses import dataclass

import numpy as np

from domain.errors import NotEnoughDataError
from domain.types import Array
from features.panel import Panel
from features.volatility import VolatilityScale
from models.quantiles.quantiles import HORIZONS_H

log = logging.getLogger("tapewire.baselines")
MIN_GARCH_ROWS = 2000
PERCENT = 100.0
HAR_OWN = (
    "log_rv_24h",
    "log_rv_72h",
    "log_rv_168h",
    "log_rv_720h",
    "log_gk_1h",
    "log_gk_6h",
    "log_gk_24h",
    "log_gk_168h",
)
HAR_MARKET = (
    "btc_log_rv_6h", "btc_log_rv_24h", "btc_log_rv_168h", "btc_log_level_month", "btc_log_level_ratio",
    "market_log_rv_6h", "market_log_rv_24h", "market_log_rv_168h", "market_log_level_month",
    "log_breadth_1h", "log_breadth_24h",
)  # fmt: skip


@dataclass(frozen=True)
class Har:
    """Coefficients of a HAR per horizon: `weights` [H, 1 + K] (a constant first), `mean` [H, K] of the regressors."""

    weights: Array
    mean: Array

    def sigma(self, panel: Panel, sigma: Array) -> Array:
        """Sigma of the next h hours as known at each row, [T, A, H], from the reference walk's `sigma` [T, A, H]."""
        x = _regressors(panel)
        out = np.empty_like(sigma)
        for i, (weights, mean) in enumerate(zip(self.weights, self.mean, strict=True)):
            filled = np.where(np.isfinite(x), x, mean) - mean
            out[:, :, i] = sigma[:, :, i] * np.exp(weights[0] + filled @ weights[1:]).T
        return out


def fit_har(panel: Panel, sigma: Array, returns: Array, train_end: int) -> Har:
    """HAR on range and return volatilities of the asset, BTC and the market. Corsi (2009), in logs, pooled.

    One least-squares regression per horizon over all assets: ln(realised ÷ reference sigma) of the next h hours on logs
    of volatilities over several spans, each ÷ the reference's level. `sigma` [T, A, H] is the reference walk's,
    `returns` [T, A]. Targets end at or before row `train_end`. An unknown regressor counts as its mean.
    """
    x = _regressors(panel)
    rows, means = [], []
    for i, h in enumerate(HORIZONS_H):
        last = train_end - h + 1
        realised = _forward_volatility(returns[: train_end + 1], h)[:last]
        with np.errstate(divide="ignore", invalid="ignore"):
            target = np.log(realised / sigma[:last, :, i])
        learn = np.isfinite(target).T  # [A, rows]
        if learn.sum() < 10 * x.shape[2]:
            raise NotEnoughDataError(f"{int(learn.sum())} hours are too few to fit the HAR baseline at {h} h")
        seen = x[:, :last][learn]
        known = np.isfinite(seen)
        mean = np.where(known, seen, 0).sum(0) / np.maximum(known.sum(0), 1)
        design = np.column_stack([np.ones(len(seen)), np.where(known, seen, mean) - mean])
        weights, *_ = np.linalg.lstsq(design, target.T[learn], rcond=None)
        rows.append(weights)
        means.append(mean)
    return Har(np.array(rows), np.array(means))


def _regressors(panel: Panel) -> Array:
    """The regressors of HAR, [A, T, K], NaN where unknown."""
    columns = [panel.context_channels.index(name) for name in (*HAR_OWN, *HAR_MARKET)]
    return panel.context[:, :, columns].astype(np.float64)


def _forward_volatility(returns: Array, horizon: int) -> Array:
    """Root of the sum of squared returns of the next `horizon` bars, [T, A]; NaN over gaps and where nothing moved."""
    out = np.full_like(returns, np.nan)
    total = np.cumsum(np.nan_to_num(returns) ** 2, axis=0)
    missing = np.cumsum(~np.isfinite(returns), axis=0)
    out[:-horizon] = np.sqrt(np.maximum(total[horizon:] - total[:-horizon], 0))
    out[:-horizon][missing[horizon:] > missing[:-horizon]] = np.nan
    return np.where(out > 0, out, np.nan)


def garch_sigma(returns: Array, scale: VolatilityScale, train_end: int) -> Array:
    """GARCH(1,1) with Student innovations per asset, on returns without their hour-of-week pattern, [T, A, H].

    Bollerslev (1987), fitted with `arch` on rows up to `train_end`, then run on with fixed parameters. Variance of the
    sum of the next h returns: Σ pattern · (σ̄² + (α + β)^(k−1) (σ²₁ − σ̄²)), σ̄² the variance of the training span. An
    asset with less than MIN_GARCH_ROWS returns takes the median parameters of the others. NotEnoughDataError where no
    asset has as many.
    """
    calm = returns / scale.factor()[:, None] * PERCENT
    fits = [_fit_garch(calm[: train_end + 1, a]) for a in range(returns.shape[1])]
    known = [f for f in fits if f is not None]
    if not known:
        raise NotEnoughDataError(f"no asset has {MIN_GARCH_ROWS} hourly returns to fit GARCH on")
    typical = np.median(known, axis=0)
    sums = _pattern_steps(scale)
    out = np.empty((*returns.shape, len(HORIZONS_H)))
    for a, fit in enumerate(fits):
        level, alpha, beta = typical if fit is None else fit
        out[:, a] = _garch_path(calm[:, a], float(level), float(alpha), float(beta), sums)
    return out / PERCENT


def _fit_garch(x: Array) -> Array | None:
    """(long-run variance, alpha, beta), or None where there are too few returns or the fit fails to be stationary."""
    from arch import arch_model

    values = x[np.isfinite(x)]
    if len(values) < MIN_GARCH_ROWS or values.std() == 0:
        return None
    with np.errstate(all="ignore"):
        result = arch_model(values, mean="Zero", p=1, q=1, dist="t", rescale=False).fit(disp="off", show_warning=False)
    alpha, beta = float(result.params["alpha[1]"]), float(result.params["beta[1]"])
    if not alpha + beta < 0.9999:
        alpha, beta = 0.9999 * alpha / (alpha + beta), 0.9999 * beta / (alpha + beta)
    return np.array([float(values.var()), alpha, beta])


def _pattern_steps(scale: VolatilityScale) -> Array:
    """Pattern of each of the next hours as known at each row, [T, max horizon]."""
    steps = np.stack([scale.pattern_sum(k) for k in range(max(HORIZONS_H) + 1)], axis=1)
    return np.diff(steps, axis=1)


def _garch_path(x: Array, level: float, alpha: float, beta: float, pattern: Array) -> Array:
    """Sigma over each horizon, [T, H], in the unit of x; a missing return leaves the variance where it was."""
    variance = np.empty(len(x))
    current = level
    omega = level * (1 - alpha - beta)
    for t, value in enumerate(x):
        if np.isfinite(value):
            current = omega + alpha * value * value + beta * current
        variance[t] = current
    persistence = (alpha + beta) ** np.arange(max(HORIZONS_H))
    ahead = np.cumsum(pattern * (level + (variance - level)[:, None] * persistence), axis=1)
    return np.sqrt(ahead[:, [h - 1 for h in HORIZONS_H]])
