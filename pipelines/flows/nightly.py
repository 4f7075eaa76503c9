"""The night as one Prefect flow.

It runs with no server at all; on a server the same flow is a scheduled deployment (prefect.yaml).
"""

from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from pipelines.flows.night import Night, NightFailedError, Steps, run_night
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.stages.publish import publish_run, report_run
from pipelines.stages.stage import RunContext, Stage, StageResult, run_stage


def _night_name() -> str:
    """Named after the minute it was scheduled for, not the clock: a scheduler may start a little early."""
    moment = flow_run.scheduled_start_time or datetime.now()
    return f"night-{moment:%Y-%m-%dT%H%M}"


def _task(name: str, retries: int = 0) -> Any:
    return task(
        name=name, task_run_name=name, retries=retries, retry_delay_seconds=10, cache_policy=NO_CACHE,
        persist_result=False,
    )  # fmt: skip


def _stage_task(stage: Stage, context: RunContext) -> StageResult:
    """Run a stage as a task of its name."""
    result: StageResult = _task(stage.name)(run_stage)(stage, context)
    return result


TASKS = Steps(
    ingest=_task("ingest", retries=1)(ingest),
    stage=_stage_task,
    publish=_task("publish", retries=1)(publish_run),
    report=_task("report", retries=1)(report_run),
)


@flow(name="nightly", flow_run_name=_night_name, validate_parameters=False)
def nightly(profile: str | None = None, as_of: datetime | None = None, home: str | None = None) -> Night:
    """The whole night of a profile. NightFailedError where nothing was published, so that a scheduler sees it fail."""
    night = run_night(load_settings(profile, as_of=as_of, home=home), TASKS)
    _artifact(night)
    if night.published is None:
        raise NightFailedError(night)
    return night


def _artifact(night: Night) -> None:
    lines = [f"Profile `{night.run.settings.profile}`, as of {night.run.as_of:%Y-%m-%d %H:%M} UTC", ""]
    lines += [f"* {s.stage}: {s.status}, {s.seconds:.1f} s {s.note}" for s in night.stages]
    lines.append(f"* exit code {night.exit_code}")
    create_markdown_artifact("\n".join(lines), key="night", description="What the night did")
