"""Flow: train the models, and forecast with them from the last bar."""

import logging
from datetime import datetime, timedelta

import duckdb
import numpy as np
import polars as pl

from domain.errors import NotEnoughDataError
from domain.names import DEFAULT, NETWORK, REFERENCE
from models.forecast.combine import Conformal, average
from models.forecast.network.checkpoint import load
from models.forecast.network.windows import origins, usable
from models.forecast.roster import fit_scaled
from models.quantiles.quantiles import HORIZONS_H, as_datetime
from pipelines.run import Run
from pipelines.stages.dataset import Market
from pipelines.stages.forecast.explain import explanation_rows
from pipelines.stages.forecast.training import forecasts, long
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.forecasts import EXPLANATIONS, FORECASTS
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.forecast")


def live_end(con: duckdb.DuckDBPyConnection, run: Run, market: Market, *, retrain: bool = False) -> int:
    """Row at which the live model's training ends: that of the newest model while it is young enough, else the last.

    Young enough: trained to within `retrain_every_days` of the last bar.
    """
    last = len(market.bars.close_ts) - 1
    if retrain:
        return last
    newest = con.execute(
        "SELECT max(train_end_ts) FROM models.training_runs WHERE train_end_ts <= $1 AND model_name = $2",
        [as_datetime(market.bars.close_ts[last]), NETWORK],
    ).fetchall()[0][0]
    young = timedelta(days=run.settings.forecast.retrain_every_days)
    if newest is None or as_datetime(market.bars.close_ts[last]) - newest > young:
        return last
    return int(market.bars.row_at(np.array([np.datetime64(_naive(newest), "s")]))[0])


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def forecast_live(
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, *, retrain: bool = False, resume: bool = True
) -> list[WriteResult]:
    """The night's own forecast from the last bar: the default, the network, and the reference walk."""
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    last = len(market.bars.close_ts) - 1
    pairs = origins(rows, last, last + 1)
    if len(pairs) == 0:
        raise NotEnoughDataError(
            f"no asset has a bar and a filled lookback at {market.bars.close_ts[last]}: nothing to forecast"
        )
    names = run.settings.forecast.blend
    end = live_end(con, run, market, retrain=retrain)
    made = forecasts(con, run, market, end, pairs, (NETWORK, *names), resume=resume)
    model_id, walk = made[NETWORK][0], fit_scaled(REFERENCE, market, end)
    trained, _, _ = load(run.settings.checkpoints / f"{model_id}.ckpt")
    mixed = average([made[name][1] for name in names])
    calibrated = _calibration(con, market).apply(mixed, pairs[:, 0])
    for name in (DEFAULT, REFERENCE):
        values = calibrated if name == DEFAULT else made[REFERENCE][1]
        made[name] = (model_id.replace(NETWORK, name), values)
    frames = [long(market, pairs, values, name, mid, "live") for name, (mid, values) in made.items()]
    reasons = explanation_rows(market, trained.net(), walk, model_id, pairs)
    with transaction(con):
        return [
            write(con, FORECASTS, pl.concat(frames), run.batch("forecast")),
            write(con, EXPLANATIONS, reasons, run.batch("forecast"), replace=True),
        ]


def _calibration(con: duckdb.DuckDBPyConnection, market: Market) -> Conformal:
    """Where the calibration stood at the end of the walk-forward evaluation; nothing learned where there was none."""
    state = Conformal.fresh(len(market.bars.assets))
    for row in read.read(con, "models.calibration").iter_rows(named=True):
        horizon = HORIZONS_H.index(row["horizon_h"])
        if row["asset"] == "ALL":
            state.factor[horizon] = row["log_factor"]
        elif row["asset"] in market.bars.assets:
            state.own[market.bars.assets.index(row["asset"]), horizon] = row["log_factor"]
    return state
