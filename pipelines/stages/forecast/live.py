"""Stage: train the live models where they are too old, and forecast with them from the last bar."""

import logging
from datetime import datetime, timedelta

import duckdb
import numpy as np
import polars as pl

from domain.errors import NotEnoughDataError
from domain.names import DEFAULT, NETWORK, REFERENCE, default_id
from models.evaluate.live_record import live_record
from models.forecast.combine import Conformal, average
from models.forecast.network.windows import origins
from models.forecast.network_forecaster import FittedNetwork
from models.quantiles.quantiles import HORIZONS_H, as_datetime
from pipelines.run import Run
from pipelines.stages.dataset import LinkedDataset
from pipelines.stages.forecast.explain import explanation_rows
from pipelines.stages.forecast.training import Forecast, forecast_rows, forecasts, recipe, record_trainings
from pipelines.stages.stage import RunContext
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.forecasts import EXPLANATIONS, FORECASTS, LIVE_RECORD
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.forecast")


def live_end(con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset, *, retrain: bool = False) -> int:
    """Row at which the live model's training ends: that of the newest model while it is young enough, else the last.

    Young enough: trained to within `retrain_every_days` of the last bar.
    """
    last = len(dataset.bars.close_ts) - 1
    if retrain:
        return last
    newest = con.execute(
        "SELECT max(train_end_ts) FROM models.training_runs WHERE train_end_ts <= $1 AND model_name = $2",
        [as_datetime(dataset.bars.close_ts[last]), NETWORK],
    ).fetchall()[0][0]
    young = timedelta(days=run.settings.forecast.retrain_every_days)
    if newest is None or as_datetime(dataset.bars.close_ts[last]) - newest > young:
        return last
    return int(dataset.bars.row_at(np.array([np.datetime64(_naive(newest), "s")]))[0])


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def forecast_live(con: duckdb.DuckDBPyConnection, context: RunContext) -> list[WriteResult]:
    """The night's own forecast from the last bar: the default, the network, and the reference walk."""
    run, dataset = context.run, context.dataset(con)
    last = len(dataset.bars.close_ts) - 1
    pairs = origins(dataset.usable(run.settings.forecast.lookback_h), last, last + 1)
    if len(pairs) == 0:
        raise NotEnoughDataError(
            f"no asset has a bar and a filled lookback at {dataset.bars.close_ts[last]}: nothing to forecast"
        )
    blend = run.settings.forecast.blend
    end = live_end(con, run, dataset, retrain=context.retrain)
    made = forecasts(recipe(run.settings, dataset, resume=context.resume), dataset, end, pairs, (NETWORK, *blend))
    record_trainings(con, run, made.values())
    network = made[NETWORK].fitted
    assert isinstance(network, FittedNetwork)
    if run.settings.forecast.blend_weights != "equal":
        log.warning("the live forecast averages equally: forecast.blend_weights is followed by the evaluation alone")
    mixed = average([made[name].values for name in blend])
    calibrated = _calibration(con, dataset).apply(mixed, pairs[:, 0])
    made[DEFAULT] = Forecast(default_id(network.model_id), calibrated)
    made[REFERENCE] = Forecast(network.model_id.replace(NETWORK, REFERENCE, 1), made[REFERENCE].values)
    frames = [forecast_rows(dataset, pairs, name, one, "live") for name, one in made.items()]
    reasons = explanation_rows(dataset, network, pairs)
    with transaction(con):
        return [
            write(con, FORECASTS, pl.concat(frames), run.batch("forecast")),
            write(con, EXPLANATIONS, reasons, run.batch("forecast"), replace=True),
            write(con, LIVE_RECORD, _record(con, dataset), run.batch("forecast"), replace=True),
        ]


def _record(con: duckdb.DuckDBPyConnection, dataset: LinkedDataset) -> pl.DataFrame:
    """Every live forecast so far, today's included, with what came."""
    live = read.live_forecasts(con)
    return live_record(live, dataset.bars.assets, dataset.bars.close_ts, dataset.y)


def _calibration(con: duckdb.DuckDBPyConnection, dataset: LinkedDataset) -> Conformal:
    """Where the calibration stood at the end of the walk-forward evaluation; nothing learned where there was none."""
    state = Conformal.fresh(len(dataset.bars.assets))
    for row in read.read(con, "models.calibration").iter_rows(named=True):
        horizon = HORIZONS_H.index(row["horizon_h"])
        if row["asset"] == "ALL":
            state.factor[horizon] = row["log_factor"]
        elif row["asset"] in dataset.bars.assets:
            state.own[dataset.bars.assets.index(row["asset"]), horizon] = row["log_factor"]
    return state
