"""The form of every forecast: quantiles of the cumulative log return at fixed levels and horizons."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array

HORIZONS_H = (1, 4, 8, 24)
CENTRAL_LEVELS = tuple(round(0.05 * i, 2) for i in range(1, 20))
LEVELS = (0.005, 0.01, 0.025, *CENTRAL_LEVELS, 0.975, 0.99, 0.995)
MEDIAN = LEVELS.index(0.5)
CENTRAL = np.array([i for i, level in enumerate(LEVELS) if level in CENTRAL_LEVELS])


def long_table(
    *,
    model_id: str,
    model_name: str,
    assets: list[str],
    origins: NDArray[np.datetime64],
    closes: Array,
    values: Array,
    purpose: str,
) -> pl.DataFrame:
    """Rows of models.forecasts from `values` [N, H, Q] for N (asset, origin) pairs, `closes` [N] at the origins.

    ValueError where a value is not finite or quantiles cross: no such forecast may be stored.
    """
    if not np.isfinite(values).all():
        raise ValueError(f"{model_name}: {int((~np.isfinite(values)).sum())} quantiles are not finite")
    if (np.diff(values, axis=2) < 0).any():
        raise ValueError(
            f"{model_name}: quantiles cross in {int((np.diff(values, axis=2) < 0).any(2).sum())} forecasts"
        )
    n, h, q = values.shape
    return pl.DataFrame(
        {
            "asset": pl.Series(assets, dtype=pl.String).repeat_by(h * q).explode(),
            "origin_ts": np.repeat(origins.astype("datetime64[us]"), h * q),
            "horizon_h": np.tile(np.repeat(np.array(HORIZONS_H, dtype=np.int32), q), n),
            "level": np.tile(np.array(LEVELS), n * h),
            "log_return": values.reshape(-1),
            "origin_close_quote": np.repeat(closes, h * q),
        }
    ).with_columns(
        pl.col("origin_ts").dt.replace_time_zone("UTC"),
        model_id=pl.lit(model_id),
        model_name=pl.lit(model_name),
        purpose=pl.lit(purpose),
    )


def as_datetime(ts: np.datetime64) -> datetime:
    """A numpy moment as an aware datetime (UTC)."""
    return datetime.fromtimestamp(int(ts.astype("datetime64[s]").astype(np.int64)), tz=UTC)


def quantile_of(values: Array, outcome: Array) -> Array:
    """Probability level at which `outcome` [...] falls in quantiles `values` [..., Q], linear between levels.

    Beyond the outermost levels the answer is the middle of the tail: half of the lowest level, or its mirror.
    """
    levels = np.array(LEVELS)
    flat, y = values.reshape(-1, len(levels)), outcome.reshape(-1)
    above = (flat <= y[:, None]).sum(1)  # how many levels lie at or below the outcome
    right = np.clip(above, 1, len(levels) - 1)
    row = np.arange(len(y))
    low, high = flat[row, right - 1], flat[row, right]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(high > low, (y - low) / (high - low), 0.0)
    out = levels[right - 1] + share * (levels[right] - levels[right - 1])
    out = np.where(y < flat[:, 0], levels[0] / 2, np.where(y > flat[:, -1], (1 + levels[-1]) / 2, out))
    return np.where(np.isfinite(y), out, np.nan).reshape(outcome.shape)
