"""The record of live forecasts: each as it was first made, with what came, beside the walk of the same origin."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.names import REFERENCE
from domain.types import Array
from models.quantiles.quantiles import CENTRAL_LEVELS, HORIZONS_H
from models.quantiles.scores import crps

KEY = ["model_name", "asset", "origin_ts", "horizon_h"]
SHOWN = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


def live_record(
    forecasts: pl.DataFrame, assets: tuple[str, ...], close_ts: NDArray[np.datetime64], y: Array
) -> pl.DataFrame:
    """Rows of models.live_record from rows of models.forecasts that are live.

    `y` [T, A, H]: returns over each horizon from each close in `close_ts` [T], NaN where they have not come or cannot
    be measured. Where an origin was forecast twice, the first forecast written counts: nothing is bettered afterwards.
    """
    central = forecasts.filter(pl.col("level").is_in(list(CENTRAL_LEVELS)))
    first = central.filter(pl.col("ingested_ts") == pl.col("ingested_ts").min().over(KEY))
    one = first.filter(pl.col("model_id") == pl.col("model_id").min().over(KEY)).sort(*KEY, "level")
    wide = one.group_by(*KEY, "model_id", maintain_order=True).agg(
        *(pl.col("log_return").filter(pl.col("level") == level).first().alias(n) for n, level in SHOWN.items()),
        pl.col("log_return").alias("_quantiles"),
    )
    realised = _realised(wide, assets, close_ts, y)
    quantiles = np.array(wide["_quantiles"].to_list(), dtype=np.float64).reshape(-1, len(CENTRAL_LEVELS))
    scored = wide.drop("_quantiles").with_columns(
        pl.Series("realised", realised, nan_to_null=True),
        pl.Series("crps", crps(quantiles, realised, np.array(CENTRAL_LEVELS)), nan_to_null=True),
    )
    walk = scored.filter(pl.col("model_name") == REFERENCE).select(*KEY[1:], crps_walk="crps")
    inside = pl.col("realised").is_between("q05", "q95")
    return scored.with_columns(is_inside_90=inside).join(walk, on=KEY[1:], how="left").sort(KEY)


def _realised(wide: pl.DataFrame, assets: tuple[str, ...], close_ts: NDArray[np.datetime64], y: Array) -> Array:
    """What came after each forecast, [N]; NaN where there is no bar at its origin."""
    origin = wide["origin_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = np.minimum(np.searchsorted(close_ts, origin), len(close_ts) - 1)
    column = wide["asset"].replace_strict({a: i for i, a in enumerate(assets)}, default=-1, return_dtype=pl.Int64)
    horizon = wide["horizon_h"].replace_strict({h: i for i, h in enumerate(HORIZONS_H)}, return_dtype=pl.Int64)
    found = y[row, column.to_numpy(), horizon.to_numpy()]
    return np.where((close_ts[row] == origin) & (column.to_numpy() >= 0), found, np.nan)
