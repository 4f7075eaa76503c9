"""Fit models up to a row and forecast with them; what was trained is recorded."""

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.names import REFERENCE
from domain.types import Array
from models.forecast.dataset import Dataset
from models.forecast.forecaster import Fitted
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network_forecaster import FittedNetwork
from models.forecast.recipe import BoostConfig, Recipe
from models.forecast.roster import forecaster
from models.forecast.tune import Tried, search
from models.quantiles.quantiles import HORIZONS_H, as_datetime, long_table
from pipelines.run import Run, code_fingerprint
from pipelines.settings.settings import Settings
from warehouse.schema.forecasts import TRAINING_RUNS
from warehouse.write import write

log = logging.getLogger("tapewire.forecast")


@dataclass(frozen=True)
class Forecast:
    """Quantiles [N, H, Q] of one model for some pairs, with the model's id and, where it was fitted now, the model.

    `training`: a row of models.training_runs, of a network.
    """

    model_id: str
    values: Array
    fitted: Fitted | None = None
    training: dict[str, object] | None = None


def recipe(settings: Settings, dataset: Dataset, *, resume: bool = True) -> Recipe:
    """Hyper-parameters of all models from the settings, with the shapes of the data set."""
    s = settings.forecast
    net = NetConfig(
        lookback=s.lookback_h, patch=s.patch_h, stride=s.stride_h, width=s.width, heads=s.heads, layers=s.layers,
        feed_forward=2 * s.width, dropout=s.dropout, channels=dataset.panel.tape.shape[2],
        context=dataset.panel.context.shape[2], embedding=dataset.documents.vectors.shape[1],
        horizons=len(HORIZONS_H), precision=s.precision, max_log_gap=s.max_log_gap,
    )  # fmt: skip
    how = TrainConfig(
        epochs=s.epochs, windows_per_epoch=s.windows_per_epoch, batch=s.batch, batch_growth=s.batch_growth,
        learning_rate=s.learning_rate, weight_decay=s.weight_decay, patience=s.patience, seed=settings.seed,
        stretch_days=s.stretch_days, devices=s.devices,
    )  # fmt: skip
    return Recipe(
        net, how, members=s.members, boost=BoostConfig(rounds=s.boost_rounds), threads=settings.threads,
        checkpoints=settings.checkpoints, code=code_fingerprint(), resume=resume, shows_progress=sys.stderr.isatty(),
    )  # fmt: skip


def forecasts(
    how: Recipe, dataset: Dataset, until: int, pairs: NDArray[np.int64], names: tuple[str, ...]
) -> dict[str, Forecast]:
    """Forecasts of each model, fitted up to row `until`, for `pairs` [N, 2] of (asset, row).

    The reference walk is always among them: skill is measured against it.
    """
    made: dict[str, Forecast] = {}
    for name in dict.fromkeys((REFERENCE, *names)):
        fitted = forecaster(name, how).fit(dataset, until)
        record = fitted.record() if isinstance(fitted, FittedNetwork) else None
        made[name] = Forecast(fitted.model_id, fitted.forecast(pairs), fitted, record)
        log.info("%s: %d forecasts from data up to %s", name, len(pairs), as_datetime(dataset.bars.close_ts[until]))
    return made


def record_trainings(con: duckdb.DuckDBPyConnection, run: Run, made: Iterable[Forecast]) -> None:
    """Write which networks were trained, and how, into models.training_runs."""
    rows = [one.training for one in made if one.training is not None]
    if rows:
        write(con, TRAINING_RUNS, pl.DataFrame(rows), run.batch("train"))


def forecast_rows(dataset: Dataset, pairs: NDArray[np.int64], name: str, made: Forecast, purpose: str) -> pl.DataFrame:
    """Rows of models.forecasts."""
    names = [dataset.bars.assets[a] for a in pairs[:, 0]]
    return long_table(
        model_id=made.model_id, model_name=name, assets=names, origins=dataset.bars.close_ts[pairs[:, 1]],
        closes=dataset.bars.close[pairs[:, 1], pairs[:, 0]], values=made.values, purpose=purpose,
    )  # fmt: skip


def tune(run: Run, dataset: Dataset, trials: int) -> list[Tried]:
    """Search the network's hyper-parameters on the data up to the last bar; writes nothing."""

    def say(tried: Tried) -> None:
        log.info("%.4f of the base's loss: %s", tried.validation_ratio, tried.settings)

    return search(dataset, recipe(run.settings, dataset), len(dataset.bars.close_ts) - 1, trials, done=say)
