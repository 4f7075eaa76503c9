"""One night: ingest, the stages in pipelines/stages/plan.py, publish, report. nightly.py runs it in Prefect."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.ingest.ingest import IngestResult, ingest
from pipelines.run import Run, record_end, recorded_run
from pipelines.settings.settings import Settings
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


@dataclass(frozen=True)
class Steps:
    """How the steps of a night are run: as they are, or each as a task of a scheduler."""

    ingest: Callable[[Run], IngestResult] = ingest
    stage: Callable[[Stage, RunContext], StageResult] = run_stage
    publish: Callable[[Run], Published] = publish_run
    report: Callable[[Run], Path] = report_run


def run_night(settings: Settings, steps: Steps | None = None) -> Night:
    """Run a whole night; published only where a source delivered and integrity holds."""
    with recorded_run(settings, "nightly") as run:
        night = _work(run, steps or Steps())
        run.exit_code = night.exit_code
    return night


def _work(run: Run, steps: Steps) -> Night:
    night = Night(run, steps.ingest(run))
    broken = errors(list(night.ingest.findings))
    for finding in broken:
        log.error("%s: %s: %s", finding.check.name, finding.subject, finding.detail)
    if night.ingest.exit_code == 1:
        log.error("not published: %s", "integrity is broken" if broken else "no source delivered anything")
        return night
    night.stages += run_stages(STAGES, RunContext(run), steps.stage)
    record_end(run, 3 if night.is_incomplete else 0)  # so that what is published says how the night ended
    night.published = steps.publish(run)
    night.report = steps.report(run)
    return night
