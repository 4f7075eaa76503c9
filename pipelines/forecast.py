"""Flow: train the network, forecast with it, and hold it against the random walks, walk-forward."""

import hashlib
import json
import logging
import sys
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import duckdb
import numpy as np
import polars as pl

from features.candles import Array, NotEnoughDataError
from models.evaluate.walk_forward import REFERENCE, Fold, Forecasts, folds, score_table
from models.forecast.module import TrainConfig
from models.forecast.net import NetConfig
from models.forecast.quantiles import HORIZONS_H, as_datetime, long_table
from models.forecast.train import Trained, load, predict, save, split, train
from models.forecast.walks import Walk, fit_walk
from models.forecast.windows import WindowStore, build_store, origins, usable
from models.text.embed import WIDTH
from pipelines.market import Market
from pipelines.run import Run, code_fingerprint
from pipelines.settings import ForecastSettings
from warehouse.connect import transaction
from warehouse.entities import FORECASTS, SCORES, TRAINING_RUNS
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.forecast")
NETWORK = "patch_transformer"
WALK_NAMES = {"reference": REFERENCE, "plain": "walk_plain", "drift": "walk_drift"}
WARM_UP_H = 720


def configs(s: ForecastSettings, seed: int, channels: int) -> tuple[NetConfig, TrainConfig]:
    """The network's and the training's configuration from the settings."""
    net = NetConfig(
        lookback=s.lookback_h, patch=s.patch_h, width=s.width, heads=s.heads, layers=s.layers,
        feed_forward=2 * s.width, dropout=s.dropout, channels=channels, embedding=WIDTH, horizons=len(HORIZONS_H),
    )  # fmt: skip
    how = TrainConfig(
        epochs=s.epochs, windows_per_epoch=s.windows_per_epoch, batch=s.batch, learning_rate=s.learning_rate,
        weight_decay=s.weight_decay, patience=s.patience, seed=seed, validation_days=s.validation_days,
    )  # fmt: skip
    return net, how


def fit(con: duckdb.DuckDBPyConnection, run: Run, market: Market, train_end: int) -> tuple[str, Trained, Walk]:
    """Train up to row `train_end` (no target beyond it), or load the checkpoint of the very same training.

    Returns the model's id, the network, and the reference walk that it corrects.
    """
    s = run.settings.forecast
    net, how = configs(s, run.settings.seed, market.panel.values.shape[2])
    walk = fit_walk("reference", market.y, market.sigma, train_end)
    end_ts = as_datetime(market.bars.close_ts[train_end])
    known = replace(market.panel, values=market.panel.values[:, : train_end + 1],
                    mask=market.panel.mask[:, : train_end + 1], log_close=market.panel.log_close[:, : train_end + 1],
                    close_ts=market.panel.close_ts[: train_end + 1])  # fmt: skip
    data = known.fingerprint()
    read = market.documents.fingerprint(int(end_ts.timestamp()))
    told = json.dumps([asdict(net), asdict(how), data, read, run.settings.threads, code_fingerprint()])
    model_id = f"{NETWORK}-{end_ts:%Y%m%dT%H}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    path = run.settings.checkpoints / f"{model_id}.ckpt"
    if path.exists():
        trained, _, _ = load(path)
        log.info("%s: checkpoint found", model_id)
    else:
        log.info("training %s on hours up to %s", model_id, end_ts)
        span = split(WARM_UP_H, train_end, s.validation_days * 24)
        rows = usable(market.panel, market.sigma, s.lookback_h)
        trained = train(
            net, how, _store(run, market, walk), rows, span, threads=run.settings.threads, progress=sys.stderr.isatty()
        )
        save(path, trained, how, walk.quantiles, market.panel.assets)
    _record_training(con, run, market, model_id, trained, how, train_end, data)
    return model_id, trained, walk


def _store(run: Run, market: Market, walk: Walk) -> WindowStore:
    return build_store(
        market.panel, market.documents, market.y, market.sigma, walk.quantiles, run.settings.forecast.lookback_h
    )


def _record_training(
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, model_id: str, trained: Trained, how: TrainConfig,
    train_end: int, data: str,
) -> None:  # fmt: skip
    ts = market.bars.close_ts
    validation = split(WARM_UP_H, train_end, how.validation_days * 24).validation
    row = {
        "model_id": model_id, "model_name": NETWORK, "train_start_ts": as_datetime(ts[WARM_UP_H]),
        "train_end_ts": as_datetime(ts[train_end]), "validation_start_ts": as_datetime(ts[validation]),
        "epochs": len(trained.curve), "best_epoch": trained.best_epoch, "validation_ratio": trained.validation_ratio,
        "learning_curve": json.dumps(trained.curve), "n_parameters": sum(p.numel() for p in trained.net.parameters()),
        "n_windows": trained.n_windows, "settings": json.dumps({**asdict(trained.net.config), **asdict(how)}),
        "data_fingerprint": data, "checkpoint": f"{model_id}.ckpt",
    }  # fmt: skip
    write(con, TRAINING_RUNS, pl.DataFrame([row]), run.batch("train"))


def evaluation_folds(run: Run, market: Market) -> list[Fold]:
    """The walk-forward folds of the settings. NotEnoughDataError where the history is too short for them."""
    s = run.settings.forecast
    return folds(len(market.bars.close_ts), test_rows=s.test_days * 24, n_folds=s.n_folds, embargo=s.embargo_h)


def evaluate(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> list[WriteResult]:
    """Walk-forward: per fold train, forecast with the network and the walks; then score everything together."""
    parts: list[tuple[np.ndarray, Array, dict[str, Array], dict[str, str]]] = []
    for number, fold in enumerate(evaluation_folds(run, market), 1):
        log.info("fold %d: testing %s to %s", number, market.bars.close_ts[fold.test_start],
                 market.bars.close_ts[fold.test_end - 1])  # fmt: skip
        parts.append(_forecast_fold(con, run, market, fold))
    pairs = np.concatenate([p[0] for p in parts])
    outcome = np.concatenate([p[1] for p in parts])
    values = {name: np.concatenate([p[2][name] for p in parts]) for name in parts[0][2]}
    scores = score_table(Forecasts(pairs, outcome, values), market.bars.assets, market.bars.close_ts)
    tables = [
        _long(market, part[0], part[2][name], name, part[3][name], "evaluation") for part in parts for name in values
    ]
    with transaction(con):
        return [
            write(con, FORECASTS, pl.concat(tables), run.batch("evaluate"), replace={"purpose": "evaluation"}),
            write(con, SCORES, scores, run.batch("evaluate"), replace=True),
        ]


def _forecast_fold(
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, fold: Fold
) -> tuple[np.ndarray, Array, dict[str, Array], dict[str, str]]:
    """Origins [N, 2], outcomes [N, H], quantiles per model, and the id of each model."""
    model_id, trained, reference = fit(con, run, market, fold.train_end)
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    pairs = origins(rows, fold.test_start, fold.test_end)
    hour = market.bars.close_ts[pairs[:, 1]].astype("datetime64[h]").astype(np.int64) % 24
    pairs = pairs[np.isin(hour, run.settings.forecast.origin_hours)]
    pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
    values = {NETWORK: predict(trained.net, _store(run, market, reference), pairs, market.sigma)}
    end = as_datetime(market.bars.close_ts[fold.train_end])
    ids = {NETWORK: model_id}
    for kind, name in WALK_NAMES.items():
        walk = reference if kind == "reference" else fit_walk(kind, market.y, market.sigma, fold.train_end)
        values[name] = walk.forecast(pairs[:, 1], pairs[:, 0])
        ids[name] = f"{name}-{end:%Y%m%dT%H}"
    return pairs, market.y[pairs[:, 1], pairs[:, 0]], values, ids


def _long(market: Market, pairs: np.ndarray, values: Array, name: str, model_id: str, purpose: str) -> pl.DataFrame:
    names = [market.bars.assets[a] for a in pairs[:, 0]]
    return long_table(
        model_id=model_id, model_name=name, assets=names, origins=market.bars.close_ts[pairs[:, 1]], values=values,
        purpose=purpose,
    )  # fmt: skip


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
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, *, retrain: bool = False
) -> list[WriteResult]:
    """The night's own forecast from the last bar, by the live model and the reference walk."""
    model_id, trained, walk = fit(con, run, market, live_end(con, run, market, retrain=retrain))
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    last = len(market.bars.close_ts) - 1
    pairs = origins(rows, last, last + 1)
    if len(pairs) == 0:
        raise NotEnoughDataError(
            f"no asset has a bar and a filled lookback at {market.bars.close_ts[last]}: nothing to forecast"
        )
    values = {
        NETWORK: (model_id, predict(trained.net, _store(run, market, walk), pairs, market.sigma)),
        REFERENCE: (f"{REFERENCE}-{model_id.removeprefix(NETWORK + '-')}", walk.forecast(pairs[:, 1], pairs[:, 0])),
    }
    frames = [_long(market, pairs, v, name, mid, "live") for name, (mid, v) in values.items()]
    with transaction(con):
        return [write(con, FORECASTS, pl.concat(frames), run.batch("forecast"))]
