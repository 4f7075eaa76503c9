"""`tapewire evaluate` over a span of the user's own: bring the data in, evaluate every model, write the files."""

import logging
from pathlib import Path

import polars as pl

from domain.names import NETWORK, REFERENCE
from models.evaluate.protocol import Protocol, protocol_folds
from models.forecast.dataset import Dataset
from models.forecast.roster import FORECASTERS
from models.quantiles.quantiles import as_datetime
from pipelines.ingest.ingest import ingest
from pipelines.ondemand.tables import write_table
from pipelines.run import recorded_run
from pipelines.settings.settings import Settings
from pipelines.stages.forecast.evaluate import Evaluation, forecast_tables, scores_of, walk_forward
from pipelines.stages.forecast.training import record_trainings
from pipelines.stages.plan import BY_NAME
from pipelines.stages.stage import RunContext, run_stage

log = logging.getLogger("tapewire.evaluate")
EVERY_BASELINE = tuple(name for name in FORECASTERS if name not in (REFERENCE, NETWORK))


def evaluate_over(settings: Settings, protocol: Protocol, out: Path, processes: int = 1) -> pl.DataFrame:
    """Ingest and derive what is not there yet, evaluate every model over the protocol's span, write the files.

    The warehouse is closed while models are fitted: an ingest beside it does not wait.
    """
    with recorded_run(settings, "evaluate") as run:
        if not settings.exchanges:  # a live history is grown by ingest and backfill, on their own schedule
            ingest(run)
        context = RunContext(run)
        run_stage(BY_NAME["derive"], context)
        with run.open() as con:
            dataset = context.dataset(con)
        e, scores = evaluate_to_files(settings, dataset, protocol, out, processes)
        with run.open() as con:
            record_trainings(con, run, e.trained())
        return scores


def evaluate_to_files(
    settings: Settings, dataset: Dataset, protocol: Protocol, out: Path, processes: int = 1
) -> tuple[Evaluation, pl.DataFrame]:
    """Evaluate all models by a protocol; write forecasts.parquet and scores.parquet into `out`. Also the scores.

    forecasts.parquet: model, asset, origin_ts, horizon_h, level, log_return. scores.parquet: as models.scores.
    """
    parts = protocol_folds(dataset.bars.close_ts, protocol)
    first, last = parts[0].test_start, parts[-1].test_end
    share = dataset.panel.mask[:, first:last].mean(1)
    assets = share >= protocol.min_share
    left = [f"{a} ({100 * s:.0f} %)" for a, s, ok in zip(dataset.bars.assets, share, assets, strict=True) if not ok]
    if left:
        log.warning("left out, with too few bars in the test span: %s", ", ".join(left))
    e = walk_forward(settings, dataset, parts, EVERY_BASELINE, protocol.origin_hours, assets, processes)
    scores = scores_of(dataset, e)
    table = pl.concat(forecast_tables(dataset, e)).rename({"model_name": "model"})
    write_table(
        table.select("model", "asset", "origin_ts", "horizon_h", "level", "log_return"), out / "forecasts.parquet"
    )
    write_table(scores, out / "scores.parquet")
    log.info(
        "%s: %d forecasts of %d models from %s to %s", out, len(e.forecasts.pairs), len(e.forecasts.values),
        as_datetime(dataset.bars.close_ts[first]), as_datetime(dataset.bars.close_ts[last - 1]),
    )  # fmt: skip
    return e, scores
