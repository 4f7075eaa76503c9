"""What the newest forecasts attended to, as rows of models.explanations: each one, and the mean over many origins."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.forecast.dataset import Dataset
from models.forecast.explain import Explanation, explain
from models.forecast.network.windows import origins
from models.forecast.network_forecaster import FittedNetwork
from models.quantiles.quantiles import HORIZONS_H, as_datetime

AVERAGED_H = 90 * 24
AVERAGED_EVERY_H = 36
MOST = 600
ALL = "ALL"


def explanation_rows(dataset: Dataset, network: FittedNetwork, pairs: NDArray[np.int64]) -> pl.DataFrame:
    """Explain the forecasts at `pairs` [N, 2], and on average those of the last 90 days (asset ALL)."""
    net = network.net
    store = dataset.store(network.base.walk(dataset), net.config.lookback)
    rows = dataset.usable(net.config.lookback)
    last = int(pairs[:, 1].max())
    many = origins(rows, max(0, last - AVERAGED_H), last + 1, AVERAGED_EVERY_H)
    many = many[:: max(1, -(-len(many) // MOST))]
    channels = dataset.panel.context_channels
    names = {row: doc for doc, row in dataset.documents.row_of.items()}
    frames = [_average(explain(net, store, many, channels))] if len(many) else []
    each = explain(net, store, pairs, channels)
    frames += [_single(each, i, dataset.bars.assets[asset], names) for i, asset in enumerate(pairs[:, 0])]
    return pl.concat(frames).with_columns(
        model_id=pl.lit(network.model_id),
        origin_ts=pl.lit(as_datetime(dataset.bars.close_ts[last])),
        attention=pl.col("attention").fill_nan(None),
    )


def _rows(
    e: Explanation,
    asset: str,
    subjects: list[str | None],
    width: NDArray[np.float64],
    median: NDArray[np.float64],
    attention: NDArray[np.float64],
) -> pl.DataFrame:
    """Rows for one asset; arrays [S, H]. A subject without a name (no such document) has none."""
    kept = [s for s, name in enumerate(subjects) if name is not None]
    return pl.DataFrame(
        {
            "asset": asset,
            "horizon_h": pl.Series(np.tile(HORIZONS_H, len(kept)), dtype=pl.Int32),
            "kind": np.repeat([e.kinds[s] for s in kept], len(HORIZONS_H)),
            "subject": np.repeat([str(subjects[s]) for s in kept], len(HORIZONS_H)),
            "attention": attention[kept].ravel(),
            "width_change": width[kept].ravel(),
            "median_change": median[kept].ravel(),
        }
    )


def _average(e: Explanation) -> pl.DataFrame:
    """Mean sizes over the origins; documents by their place, newest first."""
    subjects: list[str | None] = list(e.subjects)
    return _rows(e, ALL, subjects, np.abs(e.width).mean(0), np.abs(e.median).mean(0), e.attention.mean(0))


def _single(e: Explanation, i: int, asset: str, names: dict[int, str]) -> pl.DataFrame:
    """One forecast; its documents by their id."""
    first = len(e.kinds) - e.documents.shape[1]
    documents = [names.get(int(row)) for row in e.documents[i]]
    return _rows(e, asset, [*e.subjects[:first], *documents], e.width[i], e.median[i], e.attention[i])
