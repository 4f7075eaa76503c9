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
from pipelines.settings.settings import Settings
from pipelines.stages.forecast.folds import fit_folds
from pipelines.stages.forecast.training import Forecast, forecast_rows, recipe, record_trainings
from warehouse.connect import transaction
from warehouse.schema.forecasts import CALIBRATION, FORECASTS, SCORES
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.evaluate")


@dataclass(frozen=True)
class Evaluation:
    """Forecasts of all models for the same origins, in order of time.

    `folds`: per fold the number of origins, and each model's forecast without its values: its id, how it was trained.
    """

    forecasts: Forecasts
    folds: tuple[tuple[int, dict[str, Forecast]], ...]
    calibration: Conformal

    def trained(self) -> list[Forecast]:
        """Every model of every fold."""
        return [one for _, of_fold in self.folds for one in of_fold.values()]


def night_folds(run: Run, dataset: Dataset) -> list[Fold]:
    """The walk-forward folds of the settings. NotEnoughDataError where the history is too short for them."""
    s = run.settings.forecast
    return folds(len(dataset.bars.close_ts), test_rows=s.test_days * 24, n_folds=s.n_folds, embargo=s.embargo_h)


def walk_forward(
    settings: Settings,
    dataset: Dataset,
    parts: list[Fold],
    names: tuple[str, ...],
    hours: tuple[int, ...],
    assets: NDArray[np.bool_] | None = None,
    processes: int = 1,
) -> Evaluation:
    """Per fold train and forecast, in so many processes; then blend and calibrate over all folds in order of time."""
    s = settings.forecast
    wanted = tuple(dict.fromkeys((NETWORK, *names, *s.blend)))
    todo = [(fold.train_end, _origins(settings, dataset, fold, hours, assets)) for fold in parts]
    todo = [(until, pairs) for until, pairs in todo if len(pairs)]
    if not todo:
        raise NotEnoughDataError("no asset has a bar and a filled lookback at any origin of the test span")
    made = fit_folds(recipe(settings, dataset), dataset, todo, wanted, processes)
    pairs = np.concatenate([p for _, p in todo])
    outcome = dataset.y[pairs[:, 1], pairs[:, 0]]
    values = {name: np.concatenate([of_fold[name].values for of_fold in made]) for name in made[0]}
    state = Conformal.fresh(len(dataset.bars.assets), s.conformal_rate, s.conformal_own_rate)
    values[DEFAULT] = _default(s, [values[name] for name in s.blend], outcome, pairs, state)
    said = [{name: replace(one, values=one.values[:0]) for name, one in of_fold.items()} for of_fold in made]
    counts = [len(p) for _, p in todo]
    return Evaluation(Forecasts(pairs, outcome, values), tuple(zip(counts, said, strict=True)), state)


def _default(
    s: ForecastSettings, parts: list[Array], outcome: Array, pairs: NDArray[np.int64], state: Conformal
) -> Array:
    mixed = average(parts) if s.blend_weights == "equal" else weighted_by_past(parts, outcome, pairs[:, 1])
    return calibrate(mixed, outcome, pairs[:, 1], pairs[:, 0], state)


def _origins(
    settings: Settings, dataset: Dataset, fold: Fold, hours: tuple[int, ...], assets: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """Origins [N, 2] (asset, row) of a fold at the hours of the day that count, in order of time."""
    rows = dataset.usable(settings.forecast.lookback_h)
    if assets is not None:
        rows = rows & assets[:, None]
    pairs = origins(rows, fold.test_start, fold.test_end)
    hour = dataset.bars.close_ts[pairs[:, 1]].astype("datetime64[h]").astype(np.int64) % 24
    pairs = pairs[np.isin(hour, hours)]
    return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]


def forecast_tables(dataset: Dataset, e: Evaluation) -> list[pl.DataFrame]:
    """Rows of models.forecasts, one frame per model and fold."""
    out, start = [], 0
    for n, models in e.folds:
        part = slice(start, start + n)
        ids = {name: one.model_id for name, one in models.items()}
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
    e = walk_forward(run.settings, dataset, night_folds(run, dataset), s.baselines, s.origin_hours)
    record_trainings(con, run, e.trained())
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
