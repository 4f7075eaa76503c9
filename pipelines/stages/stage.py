"""One stage: skipped where inputs, settings and code are as they were, else worked on and recorded."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from domain.errors import NotEnoughDataError
from pipelines import run as runs
from pipelines.run import Run
from warehouse.write import WriteResult

if TYPE_CHECKING:
    from pipelines.stages.dataset import Market


INPUTS = ("candles", "supply", "asset_metrics", "documents", "document_assets")


log = logging.getLogger("tapewire.night")


@dataclass(frozen=True)
class StageResult:
    """How a stage went: done, unchanged (skipped), or without enough data (and why)."""

    stage: str
    status: str
    seconds: float
    note: str = ""


@dataclass
class Bench:
    """What the stages of one run share: the market, loaded once."""

    run: Run
    _market: "Market | None" = None

    def market(self, con: duckdb.DuckDBPyConnection) -> "Market":
        """The market as of the run's moment; features must have been derived."""
        from pipelines.stages.dataset import load_market

        if self._market is None:
            self._market = load_market(con, self.run)
        return self._market


Work = Callable[[duckdb.DuckDBPyConnection], list[WriteResult]]


def _stage(
    bench: Bench, name: str, told: tuple[object, ...], work: Work, *, models: str | None = None, force: bool = False
) -> StageResult:
    """Run `work` unless its fingerprint is recorded as the last one done.

    `models`: a query whose rows name the models that the stage builds on. The record of the last time is forgotten
    before work begins, so that a stage killed half-way is never taken for done.
    """
    began = time.perf_counter()
    with bench.run.open() as con:
        built_on = con.execute(models).fetchall() if models else []
        mark = runs.fingerprint(con, bench.run, name, INPUTS, *told, built_on)
        if not force and runs.is_done(con, name, mark):
            log.info("%s: inputs, settings and code unchanged, nothing to do", name)
            return StageResult(name, "unchanged", time.perf_counter() - began)
        log.info("%s: working", name)
        runs.forget(con, name)
        try:
            results = work(con)
        except NotEnoughDataError as error:
            log.warning("%s: an input is missing: %s", name, error)
            return StageResult(name, "missing", time.perf_counter() - began, str(error))
        seconds = time.perf_counter() - began
        note = ", ".join(f"{r.entity} +{r.new:,} ~{r.changed:,} −{r.removed:,}" for r in results)
        runs.mark_done(con, bench.run, name, mark, seconds, note)
    log.info("%s: done in %.1f s (%s)", name, seconds, note)
    return StageResult(name, "done", seconds, note)
