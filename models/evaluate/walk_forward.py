"""Walk-forward evaluation: folds that train on the past only, purged and embargoed, and the table of scores.

Purge: the longest horizon is cut from the end of training, so that no training target reaches into the test span.
Embargo: the first origins after the end of training are left out as well.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import NotEnoughDataError
from models.evaluate.scores import block_bootstrap_ratio, coverage, crps
from models.evaluate.tests import diebold_mariano
from models.forecast.quantiles import CENTRAL, HORIZONS_H, LEVELS, MEDIAN, as_datetime, quantile_of

Array = NDArray[np.float64]
REFERENCE = "reference_walk"
CENTRAL_VALUES = np.array(LEVELS)[CENTRAL]
LOW_90, HIGH_90 = LEVELS.index(0.05), LEVELS.index(0.95)
MIN_ORIGINS = 30


@dataclass(frozen=True)
class Fold:
    """Rows of the grid: training targets end at or before `train_end`; origins lie in [test_start, test_end)."""

    train_end: int
    test_start: int
    test_end: int


def folds(n_rows: int, *, test_rows: int, n_folds: int, embargo: int) -> list[Fold]:
    """`n_folds` consecutive test spans at the end of the grid, each with its own training end.

    The last origin's longest horizon ends within the grid. NotEnoughDataError where they do not fit.
    """
    last = n_rows - max(HORIZONS_H)
    first = last - test_rows
    if n_folds < 1 or first - embargo <= 0 or test_rows < n_folds:
        raise NotEnoughDataError(f"{n_folds} folds over {test_rows} test hours do not fit into {n_rows} hours")
    edges = np.linspace(first, last, n_folds + 1).astype(int)
    return [Fold(int(a) - embargo, int(a), int(b)) for a, b in pairwise(edges)]


@dataclass(frozen=True)
class Forecasts:
    """Quantiles [N, H, Q] of several models for the same N (asset, row) pairs, with outcomes [N, H]."""

    pairs: NDArray[np.int64]
    outcome: Array
    values: dict[str, Array]


def score_table(forecasts: Forecasts, assets: tuple[str, ...], close_ts: NDArray[np.datetime64]) -> pl.DataFrame:
    """Rows of models.scores: every model, per horizon, per asset and for all, beside the reference walk.

    ValueError where the reference walk is not among the models.
    """
    if REFERENCE not in forecasts.values:
        raise ValueError(f"scores are held against {REFERENCE!r}, which is not among {', '.join(forecasts.values)}")
    rows: list[dict[str, object]] = []
    for name, values in forecasts.values.items():
        for horizon in (0, *HORIZONS_H):
            rows += _score(forecasts, name, values, horizon, None, "ALL", close_ts)
        for index, asset in enumerate(assets):
            member = forecasts.pairs[:, 0] == index
            if member.sum() >= MIN_ORIGINS:
                for horizon in (0, *HORIZONS_H):
                    rows += _score(forecasts, name, values, horizon, member, asset, close_ts)
    return pl.DataFrame(rows, infer_schema_length=None)


def _score(
    f: Forecasts, name: str, values: Array, horizon: int, member: NDArray[np.bool_] | None, asset: str,
    close_ts: NDArray[np.datetime64],
) -> list[dict[str, object]]:  # fmt: skip
    chosen = slice(None) if member is None else member
    at = [HORIZONS_H.index(horizon)] if horizon else list(range(len(HORIZONS_H)))
    y, q = f.outcome[chosen][:, at], values[chosen][:, at]
    reference = f.values[REFERENCE][chosen][:, at]
    row = f.pairs[chosen][:, 1]
    known = np.isfinite(y).all(1)
    y, q, reference, row = y[known], q[known], reference[known], row[known]
    if len(row) == 0:
        return []
    origins, position = np.unique(row, return_inverse=True)
    spacing = int(np.median(np.diff(origins))) if len(origins) > 1 else 1
    lags = max(1, -(-(horizon or max(HORIZONS_H)) // spacing))
    loss, base = (_per_origin(crps(x[..., CENTRAL], y, CENTRAL_VALUES).sum(1), position) for x in (q, reference))
    common = {
        "model_name": name, "asset": asset, "horizon_h": horizon, "n_origins": len(origins),
        "test_start_ts": as_datetime(close_ts[origins[0]]), "test_end_ts": as_datetime(close_ts[origins[-1]]),
    }  # fmt: skip

    def metric(metric: str, value: float, low: float | None = None, high: float | None = None,
               p: float | None = None) -> dict[str, object]:  # fmt: skip
        return {**common, "metric": metric, "value": value, "low": low, "high": high, "p_value": p}

    out = [metric("crps", float(loss.mean()))]
    if name != REFERENCE and len(origins) >= MIN_ORIGINS:
        low, high = block_bootstrap_ratio(loss, base, block=max(lags, 14))
        out.append(metric("crps_skill", float(1 - loss.mean() / base.mean()), 1 - high, 1 - low))
        test = diebold_mariano(loss, base, horizon=lags)
        out.append(metric("dm_hln", test.statistic, p=test.p_value))
        error = np.abs(y - q[..., MEDIAN]).sum(1)
        out.append(metric("mae_ratio", float(error.mean() / np.abs(y - reference[..., MEDIAN]).sum(1).mean())))
    if horizon:
        out += [metric(*m) for m in _calibration(q[:, 0], y[:, 0])]
        out += [metric("direction", *d) for d in _direction(q[:, 0, MEDIAN], y[:, 0], position)]
    return out


def _per_origin(loss: Array, position: NDArray[np.int64]) -> Array:
    """Loss averaged over the assets of each origin."""
    return np.bincount(position, loss) / np.bincount(position)


def _calibration(q: Array, y: Array) -> list[tuple[str, float]]:
    """Coverage of the 90 % band and the ten shares of the PIT histogram."""
    out = [("coverage_90", coverage(q[:, LOW_90], q[:, HIGH_90], y))]
    pit = quantile_of(q, y)
    share = np.histogram(pit, bins=10, range=(0, 1))[0] / len(pit)
    return out + [(f"pit_{i}", float(s)) for i, s in enumerate(share)]


def _direction(median: Array, y: Array, position: NDArray[np.int64]) -> list[tuple[float, float, float]]:
    """Share of medians with the right sign, and its 95 % interval from blocks of origins.

    Assets of one origin move together, so that shares are taken per origin first. Nothing for a model without a sign.
    """
    moved = (np.abs(median) > 0) & (y != 0)
    origins, place = np.unique(position[moved], return_inverse=True)
    if len(origins) < MIN_ORIGINS:
        return []
    hits = _per_origin((np.sign(median[moved]) == np.sign(y[moved])).astype(float), place)
    low, high = block_bootstrap_ratio(hits, np.ones_like(hits), block=14)
    return [(float(hits.mean()), low, high)]
