"""Fit models up to a row and forecast with them; networks are trained once per data, settings and code."""

import hashlib
import json
import logging
import sys
from dataclasses import asdict

import duckdb
import numpy as np
import polars as pl

from domain.names import NETWORK, REFERENCE
from domain.types import Array
from models.forecast.baselines.walks import Walk
from models.forecast.network.checkpoint import load, save
from models.forecast.network.module import TrainConfig
from models.forecast.network.net import NETS, NetConfig
from models.forecast.network.train import Trained, forget_partial, predict, split, train
from models.forecast.network.windows import usable
from models.forecast.roster import SCALED, WARM_UP_H, Recipe, fit_scaled, lightgbm_forecast
from models.forecast.tune import Tried, search
from models.quantiles.quantiles import HORIZONS_H, as_datetime, long_table
from pipelines.run import Run, code_fingerprint
from pipelines.settings.models import ForecastSettings
from pipelines.stages.dataset import Market
from warehouse.schema.forecasts import TRAINING_RUNS
from warehouse.write import write

log = logging.getLogger("tapewire.forecast")

Quantiles = dict[str, tuple[str, Array]]


def recipe(s: ForecastSettings, seed: int, threads: int, market: Market) -> Recipe:
    """Hyper-parameters of all models from the settings."""
    net = NetConfig(
        lookback=s.lookback_h, patch=s.patch_h, stride=s.stride_h, width=s.width, heads=s.heads, layers=s.layers,
        feed_forward=2 * s.width, dropout=s.dropout, channels=market.panel.tape.shape[2],
        context=market.panel.context.shape[2], embedding=market.documents.vectors.shape[1], horizons=len(HORIZONS_H),
        precision=s.precision, max_log_gap=s.max_log_gap,
    )  # fmt: skip
    how = TrainConfig(
        epochs=s.epochs, windows_per_epoch=s.windows_per_epoch, batch=s.batch, batch_growth=s.batch_growth,
        learning_rate=s.learning_rate, weight_decay=s.weight_decay, patience=s.patience, seed=seed,
        validation_days=s.validation_days, devices=s.devices,
    )  # fmt: skip
    return Recipe(net, how, members=s.members, threads=threads)


def fit_network(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    market: Market,
    walk: Walk,
    train_end: int,
    kind: str = NETWORK,
    *,
    resume: bool = True,
) -> tuple[str, Trained]:
    """Train one kind of network up to row `train_end` (no target beyond it), or load the very same training.

    A training that was killed goes on from its last whole epoch, unless `resume` is false. Returns the model's id and
    the networks.
    """
    r = recipe(run.settings.forecast, run.settings.seed, run.settings.threads, market)
    config, how = r.net_for(kind), r.train
    end_ts = as_datetime(market.bars.close_ts[train_end])
    data = market.panel.until(train_end).fingerprint()
    seen = market.documents.fingerprint(int(end_ts.timestamp()))
    told = json.dumps([asdict(config), asdict(how), r.members, data, seen, r.threads, code_fingerprint()])
    model_id = f"{kind}-{end_ts:%Y%m%dT%H}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    path, partial = run.settings.checkpoints / f"{model_id}.ckpt", run.settings.checkpoints / f"{model_id}.going"
    if not resume:
        forget_partial(partial)
    if path.exists():
        trained, _, _ = load(path)
        log.info("%s: checkpoint found", model_id)
    else:
        log.info("training %s on hours up to %s", model_id, end_ts)
        rows = usable(market.panel, market.sigma, config.lookback)
        span = split(WARM_UP_H, train_end, how.validation_days * 24)
        trained = train(
            config, how, market.store(walk, config.lookback), rows, span,
            seeds=r.members, threads=r.threads, progress=sys.stderr.isatty(), partial=partial,
        )  # fmt: skip
        save(path, trained, how, walk.quantiles, market.panel.assets)
        forget_partial(partial)
    _record_training(con, run, market, model_id, kind, trained, how, train_end, data)
    return model_id, trained


def _record_training(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    market: Market,
    model_id: str,
    kind: str,
    trained: Trained,
    how: TrainConfig,
    train_end: int,
    data: str,
) -> None:
    ts = market.bars.close_ts
    validation = split(WARM_UP_H, train_end, how.validation_days * 24).validation
    first = trained.members[0].net
    row = {
        "model_id": model_id,
        "model_name": kind,
        "train_start_ts": as_datetime(ts[WARM_UP_H]),
        "train_end_ts": as_datetime(ts[train_end]),
        "validation_start_ts": as_datetime(ts[validation]),
        "epochs": max(len(m.curve) for m in trained.members),
        "best_epoch": trained.best_epoch,
        "validation_ratio": trained.validation_ratio,
        "learning_curve": json.dumps([m.curve for m in trained.members]),
        "n_parameters": sum(p.numel() for p in first.parameters()),
        "n_windows": trained.n_windows,
        "settings": json.dumps({**asdict(first.config), **asdict(how), "members": len(trained.members)}),
        "data_fingerprint": data,
        "checkpoint": f"{model_id}.ckpt",
    }
    write(con, TRAINING_RUNS, pl.DataFrame([row]), run.batch("train"))


def forecasts(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    market: Market,
    train_end: int,
    pairs: np.ndarray,
    names: tuple[str, ...],
    *,
    resume: bool = True,
) -> Quantiles:
    """Quantiles [N, H, Q] for origins `pairs` [N, 2] by each model, trained up to row `train_end`, with its id.

    The reference walk is always among them, since the others build on it.
    """
    end = as_datetime(market.bars.close_ts[train_end])
    walk = fit_scaled(REFERENCE, market, train_end)
    out: Quantiles = {}
    for name in dict.fromkeys((REFERENCE, *names)):
        model_id = f"{name}-{end:%Y%m%dT%H}"
        if name in SCALED:
            fitted = walk if name == REFERENCE else fit_scaled(name, market, train_end)
            values = fitted.forecast(pairs[:, 1], pairs[:, 0])
        elif name in NETS:
            model_id, trained = fit_network(con, run, market, walk, train_end, name, resume=resume)
            net = trained.net()
            values = predict(net, market.store(walk, net.config.lookback), pairs, market.sigma)
        else:
            r = recipe(run.settings.forecast, run.settings.seed, run.settings.threads, market)
            values = lightgbm_forecast(market, r, walk, train_end, pairs)
        out[name] = (model_id, values)
        log.info("%s: %d forecasts from data up to %s", name, len(pairs), end)
    return out


def long(market: Market, pairs: np.ndarray, values: Array, name: str, model_id: str, purpose: str) -> pl.DataFrame:
    """Rows of models.forecasts."""
    names = [market.bars.assets[a] for a in pairs[:, 0]]
    return long_table(
        model_id=model_id, model_name=name, assets=names, origins=market.bars.close_ts[pairs[:, 1]], values=values,
        purpose=purpose,
    )  # fmt: skip


def tune(run: Run, market: Market, trials: int) -> list[Tried]:
    """Search the network's hyper-parameters on the data up to the last bar; writes nothing."""
    s = run.settings
    last = len(market.bars.close_ts) - 1
    walk = fit_scaled(REFERENCE, market, last)

    def tell(tried: Tried) -> None:
        log.info("%.4f of the walk's loss: %s", tried.validation_ratio, tried.settings)

    return search(market, recipe(s.forecast, s.seed, s.threads, market), walk, last, trials, done=tell)
