"""`tapewire evaluate` over a span that the user names: parse it, bring the data in, evaluate, and say what came out."""

import logging
from pathlib import Path

import duckdb
import polars as pl

from domain.names import VOLATILITY
from models.evaluate.protocol import Protocol, protocol_folds
from models.quantiles.quantiles import as_datetime
from pipelines import run as runs
from pipelines.run import Run
from pipelines.settings.settings import Settings
from pipelines.stages.dataset import Market
from pipelines.stages.forecast.evaluate import _scores, _tables, walk_forward

log = logging.getLogger("tapewire.evaluate")


def evaluate_over(settings: Settings, protocol: Protocol, out: Path) -> pl.DataFrame:
    """Ingest and derive what is not there yet, evaluate every model over the protocol's span, write the files."""
    from pipelines.ingest.ingest import ingest
    from pipelines.stages.plan import derive_stage
    from pipelines.stages.stage import Bench

    run = runs.start(settings, "evaluate")
    code = 1
    try:
        if not settings.exchanges:  # a live history is grown by ingest and backfill, on their own schedule
            ingest(run)
        bench = Bench(run)
        derive_stage(bench)
        with run.open() as con:
            scores = evaluate_to_files(con, run, bench.market(con), protocol, out)
        code = 0
    finally:
        runs.finish(run, code)
    return scores


FULL = ("walk_plain", "walk_drift", VOLATILITY, "garch", "har", "lightgbm", "lstm", "patch_linear")


def evaluate_to_files(
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, protocol: Protocol, out: Path
) -> pl.DataFrame:
    """Evaluate all models by a protocol; write forecasts.parquet and scores.parquet into `out`. Returns the scores.

    forecasts.parquet: model, asset, origin_ts, horizon_h, level, log_return. scores.parquet: as models.scores.
    """
    parts = protocol_folds(market.bars.close_ts, protocol)
    first, last = parts[0].test_start, parts[-1].test_end
    share = market.panel.mask[:, first:last].mean(1)
    assets = share >= protocol.min_share
    left = [f"{a} ({100 * s:.0f} %)" for a, s, ok in zip(market.bars.assets, share, assets, strict=True) if not ok]
    if left:
        log.warning("left out, with too few bars in the test span: %s", ", ".join(left))
    e = walk_forward(con, run, market, parts, FULL, protocol.origin_hours, assets)
    scores = _scores(market, e)
    out.mkdir(parents=True, exist_ok=True)
    table = pl.concat(_tables(market, e)).select(
        "asset", "origin_ts", "horizon_h", "level", "log_return", model="model_name"
    )
    _write(table.select("model", "asset", "origin_ts", "horizon_h", "level", "log_return"), out / "forecasts.parquet")
    _write(scores, out / "scores.parquet")
    log.info("%s: %d forecasts of %d models from %s to %s", out, len(e.forecasts.pairs), len(e.forecasts.values),
             as_datetime(market.bars.close_ts[first]), as_datetime(market.bars.close_ts[last - 1]))  # fmt: skip
    return scores


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Parquet that appears whole or not at all."""
    partial = path.with_suffix(".partial")
    frame.write_parquet(partial)
    partial.replace(path)
