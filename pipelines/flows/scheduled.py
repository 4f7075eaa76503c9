"""The smaller flows that have schedules of their own: hourly ingest and weekly training."""

from prefect import flow

from pipelines.ingest.ingest import ingest
from pipelines.run import recorded_run
from pipelines.settings.load import load_settings
from pipelines.stages.plan import stages_up_to
from pipelines.stages.stage import RunContext, run_stages


@flow(name="ingest", flow_run_name="ingest", validate_parameters=False)
def hourly_ingest(profile: str | None = None) -> int:
    """Write what the sources have; the exit code of the ingest. Raises where nothing was delivered."""
    with recorded_run(load_settings(profile), "ingest") as run:
        run.exit_code = ingest(run).exit_code
    if run.exit_code == 1:
        raise RuntimeError("no source delivered anything, or integrity is broken: see ops.source_status and ops.checks")
    return run.exit_code


@flow(name="train", flow_run_name="train", validate_parameters=False)
def weekly_training(profile: str | None = None) -> str:
    """Train the live model on everything up to now and forecast with it; the status of the stage."""
    with recorded_run(load_settings(profile), "train") as run:
        result = run_stages(stages_up_to("forecast"), RunContext(run, retrain=True))[-1]
        run.exit_code = 3 if result.status == "missing" else 0
    return result.status
