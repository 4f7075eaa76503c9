"""The night: ingest, the stages in pipelines/stages/plan.py, publish, report. One Prefect flow.

It runs with no server at all; on a server the same flow is a scheduled deployment (prefect.yaml).
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from pipelines.ingest.ingest import IngestResult, ingest
from pipelines.run import Run, record_end, recorded_run
from pipelines.settings.load import load_settings
from pipelines.stages.plan import STAGES
from pipelines.stages.publish import Published, publish_run, report_run
from pipelines.stages.stage import RunContext, Stage, StageResult, run_stage, run_stages
from warehouse.checks.quality import errors

log = logging.getLogger("tapewire.night")


@dataclass
class Night:
    """What a night did and where its results lie."""

    run: Run
    ingest: IngestResult
    stages: list[StageResult] = field(default_factory=list)
    published: Published | None = None
    report: Path | None = None

    @property
    def exit_code(self) -> int:
        """0 complete, 3 with a source or an input missing, 1 failed."""
        if self.published is None:
            return 1
        return 3 if self.is_incomplete else 0

    @property
    def is_incomplete(self) -> bool:
        """True where a source or the input of a stage was missing."""
        return self.ingest.exit_code == 3 or any(s.status == "missing" for s in self.stages)

    @property
    def is_repeat(self) -> bool:
        """True where nothing was new and the marts are what was published before."""
        published = self.published is not None and self.published.changed_marts == ()
        return self.ingest.is_quiet and published and all(s.status == "unchanged" for s in self.stages)


class NightFailedError(RuntimeError):
    """A night that published nothing; what was published before still stands."""

    def __init__(self, night: Night) -> None:
        why = "no source delivered" if not night.ingest.delivered else "integrity is broken"
        super().__init__(f"the night published nothing: {why}; see ops.source_status and ops.checks")
        self.night = night


def _night_name() -> str:
    """Named after the minute it was scheduled for, not the clock: a scheduler may start a little early."""
    moment = flow_run.scheduled_start_time or datetime.now()
    return f"night-{moment:%Y-%m-%dT%H%M}"


def _task(name: str, retries: int = 0) -> Any:
    return task(name=name, task_run_name=name, retries=retries, retry_delay_seconds=10, cache_policy=NO_CACHE,
                persist_result=False)  # fmt: skip


ingest_task = _task("ingest", retries=1)(ingest)
publish_task = _task("publish", retries=1)(publish_run)
report_task = _task("report", retries=1)(report_run)


def _stage_task(stage: Stage, context: RunContext) -> StageResult:
    """Run a stage as a task of its name."""
    result: StageResult = _task(stage.name)(run_stage)(stage, context)
    return result


@flow(name="nightly", flow_run_name=_night_name, validate_parameters=False)
def nightly(profile: str | None = None, as_of: datetime | None = None, home: str | None = None) -> Night:
    """The whole night of a profile, published only where a source delivered and integrity holds.

    NightFailedError otherwise, so that a scheduler sees a failed run.
    """
    settings = load_settings(profile, as_of=as_of, home=home)
    with recorded_run(settings, "nightly") as run:
        night = _work(run)
        run.exit_code = night.exit_code
    _artifact(night)
    if night.published is None:
        raise NightFailedError(night)
    return night


def _work(run: Run) -> Night:
    night = Night(run, ingest_task(run))
    broken = errors(list(night.ingest.findings))
    for finding in broken:
        log.error("%s: %s: %s", finding.check.name, finding.subject, finding.detail)
    if night.ingest.exit_code == 1:
        log.error("not published: %s", "integrity is broken" if broken else "no source delivered anything")
        return night
    night.stages += run_stages(STAGES, RunContext(run), _stage_task)
    record_end(run, 3 if night.is_incomplete else 0)  # so that what is published says how the night ended
    night.published = publish_task(run)
    night.report = report_task(run)
    return night


def _artifact(night: Night) -> None:
    lines = [f"Profile `{night.run.settings.profile}`, as of {night.run.as_of:%Y-%m-%d %H:%M} UTC", ""]
    lines += [f"* {s.stage}: {s.status}, {s.seconds:.1f} s {s.note}" for s in night.stages]
    lines.append(f"* exit code {night.exit_code}")
    create_markdown_artifact("\n".join(lines), key="night", description="What the night did")
