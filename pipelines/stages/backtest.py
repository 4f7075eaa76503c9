"""Flow: positions from the walk-forward forecasts, with costs and latency, beside buy-and-hold and the walk."""

import duckdb
import numpy as np
import polars as pl

from domain.errors import NotEnoughDataError
from domain.names import DEFAULT, NETWORK, REFERENCE
from domain.types import Array
from models.backtest.engine import (
    BacktestResult,
    Costs,
    Rule,
    backtest_metrics,
    buy_and_hold,
    run_backtest,
    weight_grid,
    weights_from_quantiles,
)
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from pipelines.run import Run
from pipelines.stages.dataset import LinkedDataset
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.forecasts import BACKTEST_EQUITY, BACKTEST_METRICS
from warehouse.write import WriteResult, write

BUY_AND_HOLD = "buy_and_hold"


def backtest(con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset) -> list[WriteResult]:
    """Run every strategy over the walk-forward test span and write equity and figures.

    NotEnoughDataError where no evaluation forecasts are there.
    """
    forecasts = read.read(con, "models.forecasts").filter(pl.col("purpose") == "evaluation")
    if forecasts.is_empty():
        raise NotEnoughDataError("there are no walk-forward forecasts: run `tapewire evaluate` first")
    s = run.settings.backtest
    rule, costs = Rule(target_vol=s.target_vol, max_weight=s.max_weight), Costs(s.fee_bps, s.spread_bps, s.latency_bars)
    results: dict[str, BacktestResult] = {}
    first = last = 0
    for name in (DEFAULT, NETWORK, "walk_drift", REFERENCE):
        pairs, values = _arrays(forecasts.filter(pl.col("model_name") == name), dataset)
        weights = weights_from_quantiles(values, len(dataset.bars.assets), rule)
        grid = weight_grid(pairs, weights, len(dataset.bars.close_ts), len(dataset.bars.assets))
        first, last = int(pairs[:, 1].min()), len(dataset.bars.close_ts) - 1
        results[name] = run_backtest(dataset.bars, grid, first, last, costs)
    results[BUY_AND_HOLD] = buy_and_hold(dataset.bars, first, last, costs)
    batch = run.batch("backtest")
    with transaction(con):
        return [
            write(con, BACKTEST_EQUITY, pl.concat(_equity(n, r) for n, r in results.items()), batch, replace=True),
            write(con, BACKTEST_METRICS, pl.concat(_metrics(n, r) for n, r in results.items()), batch, replace=True),
        ]


def _arrays(forecasts: pl.DataFrame, dataset: LinkedDataset) -> tuple[np.ndarray, Array]:
    """Pairs [N, 2] and quantiles [N, H, Q] from the long table."""
    ordered = forecasts.sort("origin_ts", "asset", "horizon_h", "level")
    values = ordered["log_return"].to_numpy().reshape(-1, len(HORIZONS_H), len(LEVELS))
    heads = ordered.gather_every(len(HORIZONS_H) * len(LEVELS))
    position = {a: i for i, a in enumerate(dataset.bars.assets)}
    asset = np.array([position[a] for a in heads["asset"].to_list()])
    row = dataset.bars.row_at(heads["origin_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]"))
    return np.stack([asset, row], axis=1), values


def _equity(name: str, r: BacktestResult) -> pl.DataFrame:
    ts = pl.Series(r.close_ts.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    return pl.DataFrame(
        {
            "event_ts": ts, "available_ts": ts, "equity": r.equity, "drawdown": r.drawdown,
            "gross_exposure": r.gross, "turnover": r.turnover, "cost": r.cost,
        }
    ).with_columns(strategy=pl.lit(name))  # fmt: skip


def _metrics(name: str, r: BacktestResult) -> pl.DataFrame:
    return backtest_metrics(r).with_columns(strategy=pl.lit(name))
