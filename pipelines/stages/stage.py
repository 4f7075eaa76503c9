"""What a stage is, and how one is run: skipped where inputs, settings and code are as they were, else worked on."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import duckdb

from domain.errors import NotEnoughDataError
from pipelines import run as runs
from pipelines.run import Run
from warehouse.write import WriteResult

if TYPE_CHECKING:
    from pipelines.stages.dataset import LinkedDataset

log = logging.getLogger("tapewire.night")

INPUTS = ("candles", "supply", "asset_metrics", "documents", "document_assets")


@dataclass
class RunContext:
    """What the stages of one run share: the run, the data set, loaded once, and how models are to be trained."""

    run: Run
    retrain: bool = False
    resume: bool = True
    _dataset: "LinkedDataset | None" = None

    def dataset(self, con: duckdb.DuckDBPyConnection) -> "LinkedDataset":
        """The data set as of the run's moment; features must have been derived."""
        from pipelines.stages.dataset import load_dataset

        if self._dataset is None:
            self._dataset = load_dataset(con, self.run)
        return self._dataset


Work = Callable[[duckdb.DuckDBPyConnection, RunContext], list[WriteResult]]


def _never(con: duckdb.DuckDBPyConnection, context: RunContext) -> bool:
    return False


@dataclass(frozen=True)
class Stage:
    """One stage of the night.

    `after`: the stages that it needs, without which it has nothing to work on. `settings`: sections or values of the
    settings that its result depends on, dotted. `builds_on`: a query whose rows name what it builds on beside core
    (models, labels). `is_due`: whether it has work to do although nothing of that has changed. `is_off`: why it is
    switched off, '' where it is not.
    """

    name: str
    work: Work
    after: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    builds_on: str = ""
    is_due: Callable[[duckdb.DuckDBPyConnection, RunContext], bool] = _never
    is_off: Callable[[RunContext], str] = lambda _: ""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: done, unchanged (skipped), or missing (without enough data, and why)."""

    stage: str
    status: str
    seconds: float
    note: str = ""


def run_stage(stage: Stage, context: RunContext) -> StageResult:
    """Run a stage unless its fingerprint is recorded as the last one done.

    The record of the last time is forgotten before work begins, so that a stage killed half-way is never taken for
    done.
    """
    off = stage.is_off(context)
    if off:
        return StageResult(stage.name, "unchanged", 0.0, off)
    began = time.perf_counter()
    with context.run.open() as con:
        mark = _fingerprint(con, stage, context)
        if runs.is_done(con, stage.name, mark) and not stage.is_due(con, context):
            log.info("%s: inputs, settings and code unchanged, nothing to do", stage.name)
            return StageResult(stage.name, "unchanged", time.perf_counter() - began)
        log.info("%s: working", stage.name)
        runs.forget(con, stage.name)
        try:
            results = stage.work(con, context)
        except NotEnoughDataError as error:
            log.warning("%s: an input is missing: %s", stage.name, error)
            return StageResult(stage.name, "missing", time.perf_counter() - began, str(error))
        seconds = time.perf_counter() - began
        note = ", ".join(f"{r.entity} +{r.new:,} ~{r.changed:,} −{r.removed:,}" for r in results)
        runs.mark_done(con, context.run, stage.name, mark, seconds, note)
    log.info("%s: done in %.1f s (%s)", stage.name, seconds, note)
    return StageResult(stage.name, "done", seconds, note)


def _fingerprint(con: duckdb.DuckDBPyConnection, stage: Stage, context: RunContext) -> str:
    settings = [attrgetter(name)(context.run.settings) for name in stage.settings]
    built_on = con.execute(stage.builds_on).fetchall() if stage.builds_on else []
    return runs.fingerprint(con, context.run, stage.name, INPUTS, *settings, built_on)


def run_stages(
    stages: Iterable[Stage],
    context: RunContext,
    run_one: Callable[[Stage, RunContext], StageResult] = run_stage,
) -> list[StageResult]:
    """Run stages in order; one whose needs are missing is missing too. `run_one` runs one of them."""
    results: list[StageResult] = []
    for stage in stages:
        missing = [r.stage for r in results if r.status == "missing" and r.stage in stage.after]
        if missing:
            results.append(StageResult(stage.name, "missing", 0.0, f"it needs {', '.join(missing)}"))
        else:
            results.append(run_one(stage, context))
    return results
