"""The smaller flows that have schedules of their own: hourly ingest and weekly training."""

from prefect import flow

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.stages.plan import derive_stage, forecast_stage
from pipelines.stages.stage import Bench


@flow(name="ingest", flow_run_name="ingest", validate_parameters=False)
def hourly_ingest(profile: str | None = None) -> int:
    """Write what the sources have; the exit code of the ingest. Raises where nothing was delivered."""
    run = runs.start(load_settings(profile), "ingest")
    code = 1
    try:
        code = ingest(run).exit_code
    finally:
        runs.finish(run, code)
    if code == 1:
        raise RuntimeError("no source delivered anything, or integrity is broken: see ops.source_status and ops.checks")
    return code


@flow(name="train", flow_run_name="train", validate_parameters=False)
def weekly_training(profile: str | None = None) -> str:
    """Train the live model on everything up to now and forecast with it; the status of the stage."""
    run = runs.start(load_settings(profile), "train")
    code = 1
    try:
        bench = Bench(run)
        derive_stage(bench)
        result = forecast_stage(bench, retrain=True)
        code = 3 if result.status == "missing" else 0
    finally:
        runs.finish(run, code)
    return result.status
