"""Stage: hold every model against the random walks, walk-forward, and keep or export what came out."""

import logging
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from domain.names import DEFAULT, NETWORK, default_id
from domain.types import Array
from models.evaluate.league import leak_alarms
from models.evaluate.table import score_table
from models.evaluate.walk_forward import Fold, Forecasts, folds, regimes
from models.forecast.combine import Conformal, average, calibrate, weighted_by_past
from models.forecast.dataset import Dataset
from models.forecast.network.windows import origins
from models.quantiles.quantiles import HORIZONS_H
from pipelines.run import Run
from pipelines.settings.models import ForecastSettings
from pipelines.stages.forecast.training import Forecast, forecast_rows, forecasts
from warehouse.connect import transaction
from warehouse.schema.forecasts import CALIBRATION, FORECASTS, SCORES
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.evaluate")


@dataclass(frozen=True)
class Evaluation:
    """Forecasts of all models for the same origins, in order of time, with the ids of the models per fold."""

    forecasts: Forecasts
    model_ids: tuple[tuple[int, dict[str, str]], ...]
    calibration: Conformal


def night_folds(run: Run, dataset: Dataset) -> list[Fold]:
    """The walk-forward folds of the settings. NotEnoughDataError where the history is too short for them."""
    s = run.settings.forecast
    return folds(len(dataset.bars.close_ts), test_rows=s.test_days * 24, n_folds=s.n_folds, embargo=s.embargo_h)


def walk_forward(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    dataset: Dataset,
    parts: list[Fold],
    names: tuple[str, ...],
    hours: tuple[int, ...],
    assets: NDArray[np.bool_] | None = None,
) -> Evaluation:
    """Per fold train and forecast; then blend and calibrate over all of them in order of time."""
    s = run.settings.forecast
    wanted = tuple(dict.fromkeys((NETWORK, *names, *s.blend)))
    made: list[tuple[NDArray[np.int64], dict[str, Forecast]]] = []
    for number, fold in enumerate(parts, 1):
        pairs = _origins(run, dataset, fold, hours, assets)
        log.info("fold %d of %d: %d origins of assets from %s to %s", number, len(parts), len(pairs),
                 dataset.bars.close_ts[fold.test_start], dataset.bars.close_ts[fold.test_end - 1])  # fmt: skip
        if len(pairs):
            of_fold = forecasts(con, run, dataset, fold.train_end, pairs, wanted)
            made.append((pairs, {name: replace(one, fitted=None) for name, one in of_fold.items()}))
    if not made:
        raise NotEnoughDataError("no asset has a bar and a filled lookback at any origin of the test span")
    pairs = np.concatenate([p for p, _ in made])
    outcome = dataset.y[pairs[:, 1], pairs[:, 0]]
    values = {name: np.concatenate([of_fold[name].values for _, of_fold in made]) for name in made[0][1]}
    state = Conformal.fresh(len(dataset.bars.assets), s.conformal_rate, s.conformal_own_rate)
    values[DEFAULT] = _default(s, [values[name] for name in s.blend], outcome, pairs, state)
    ids = tuple((len(p), {name: one.model_id for name, one in of_fold.items()}) for p, of_fold in made)
    return Evaluation(Forecasts(pairs, outcome, values), ids, state)


def _default(
    s: ForecastSettings, parts: list[Array], outcome: Array, pairs: NDArray[np.int64], state: Conformal
) -> Array:
    mixed = average(parts) if s.blend_weights == "equal" else weighted_by_past(parts, outcome, pairs[:, 1])
    return calibrate(mixed, outcome, pairs[:, 1], pairs[:, 0], state)


def _origins(
    run: Run, dataset: Dataset, fold: Fold, hours: tuple[int, ...], assets: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """Origins [N, 2] (asset, row) of a fold at the hours of the day that count, in order of time."""
    rows = dataset.usable(run.settings.forecast.lookback_h)
    if assets is not None:
        rows = rows & assets[:, None]
    pairs = origins(rows, fold.test_start, fold.test_end)
    hour = dataset.bars.close_ts[pairs[:, 1]].astype("datetime64[h]").astype(np.int64) % 24
    pairs = pairs[np.isin(hour, hours)]
    return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]


def forecast_tables(dataset: Dataset, e: Evaluation) -> list[pl.DataFrame]:
    """Rows of models.forecasts, one frame per model and fold."""
    out, start = [], 0
    for n, ids in e.model_ids:
        part = slice(start, start + n)
        for name, model_id in (*ids.items(), (DEFAULT, default_id(ids[NETWORK]))):
            made = Forecast(model_id, e.forecasts.values[name][part])
            out.append(forecast_rows(dataset, e.forecasts.pairs[part], name, made, "evaluation"))
        start += n
    return out


def scores_of(dataset: Dataset, e: Evaluation) -> pl.DataFrame:
    """Rows of models.scores; what looks like a leak is said in the log."""
    state = regimes(dataset.panel, e.forecasts.pairs)
    table = score_table(e.forecasts, dataset.bars.assets, dataset.bars.close_ts, state)
    for alarm in leak_alarms(table):
        log.warning("LEAK ALARM: %s", alarm)
    return table


def evaluate(con: duckdb.DuckDBPyConnection, run: Run, dataset: Dataset) -> list[WriteResult]:
    """The night's walk-forward evaluation, by the settings' folds and baselines, into models.*."""
    s = run.settings.forecast
    e = walk_forward(con, run, dataset, night_folds(run, dataset), s.baselines, s.origin_hours)
    scores, batch = scores_of(dataset, e), run.batch("evaluate")
    with transaction(con):
        return [
            write(con, FORECASTS, pl.concat(forecast_tables(dataset, e)), batch, replace={"purpose": "evaluation"}),
            write(con, SCORES, scores, batch, replace=True),
            write(con, CALIBRATION, _calibration_rows(dataset, e.calibration), batch, replace=True),
        ]


def _calibration_rows(dataset: Dataset, state: Conformal) -> pl.DataFrame:
    rows = [("ALL", h, state.factor[i]) for i, h in enumerate(HORIZONS_H)]
    rows += [(a, h, state.own[j, i]) for j, a in enumerate(dataset.bars.assets) for i, h in enumerate(HORIZONS_H)]
    return pl.DataFrame(rows, schema=["asset", "horizon_h", "log_factor"], orient="row").with_columns(
        pl.col("horizon_h").cast(pl.Int32), pl.col("log_factor").cast(pl.Float64)
    )
