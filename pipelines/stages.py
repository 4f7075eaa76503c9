"""The stages of a night, each a function of (run, bench): skipped where inputs, settings and code are as they were."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from features.candles import NotEnoughDataError
from pipelines import run as runs
from pipelines.derive import INPUTS, derive
from pipelines.run import Run
from warehouse.write import WriteResult

if TYPE_CHECKING:
    from pipelines.market import Market

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
        from pipelines.market import load_market

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


def words_stage(bench: Bench) -> StageResult:
    """Who wrote the new documents; generated releases beside real ones. While documents wait it has work to do."""
    from models.text.causal import MissingModelError
    from models.text.detect import load_detector
    from pipelines.words import judge_words, unscored, waiting

    s, detector = bench.run.settings, load_detector()
    if not s.text.detect:
        return StageResult("words", "unchanged", 0.0, "switched off (text.detect)")
    with bench.run.open() as con:
        due = bool(len(unscored(con, detector))) or (
            s.text.max_documents > 0 and bool(len(waiting(con, bench.run, detector)))
        )

    def work(con: duckdb.DuckDBPyConnection) -> list[WriteResult]:
        try:
            return judge_words(con, bench.run)
        except MissingModelError as error:
            raise NotEnoughDataError(f"{error}; or switch it off with text.detect = false") from error

    return _stage(bench, "words", (s.text, s.impact.kinds), work, force=due)


def derive_stage(bench: Bench) -> StageResult:
    """Core to features."""
    return _stage(
        bench, "derive", (bench.run.settings.features, bench.run.settings.impact.min_confidence),
        lambda con: derive(con, bench.run), models="SELECT count(*) FROM features.document_authorship",
    )  # fmt: skip


def evaluate_stage(bench: Bench) -> StageResult:
    """Walk-forward evaluation."""
    from pipelines.evaluate import evaluate

    told = (bench.run.settings.features, bench.run.settings.forecast)
    return _stage(bench, "evaluate", told, lambda con: evaluate(con, bench.run, bench.market(con)))


def forecast_stage(bench: Bench, *, retrain: bool = False, resume: bool = True) -> StageResult:
    """The night's own forecast, with training where the model is too old."""
    from pipelines.forecast import forecast_live

    told = (bench.run.settings.features, bench.run.settings.forecast)

    def work(con: duckdb.DuckDBPyConnection) -> list[WriteResult]:
        return forecast_live(con, bench.run, bench.market(con), retrain=retrain, resume=resume)

    return _stage(bench, "forecast", told, work, force=retrain)


def impact_stage(bench: Bench) -> StageResult:
    """Realised and scored impact."""
    from pipelines.impact import score_impact

    told = (bench.run.settings.features, bench.run.settings.forecast, bench.run.settings.impact)
    models = (
        "SELECT model_id FROM models.training_runs UNION ALL SELECT text_id FROM models.generated_releases UNION ALL "
        "SELECT concat_ws('/', doc_id, authorship, veracity) FROM core.document_labels UNION ALL "
        "SELECT count(*)::VARCHAR FROM features.document_authorship UNION ALL "
        "SELECT count(*)::VARCHAR FROM features.document_embeddings ORDER BY 1"
    )
    return _stage(bench, "impact", told, lambda con: score_impact(con, bench.run, bench.market(con)), models=models)


def backtest_stage(bench: Bench) -> StageResult:
    """Backtest of the walk-forward forecasts."""
    from pipelines.backtest import backtest

    told = (bench.run.settings.features, bench.run.settings.forecast, bench.run.settings.backtest)
    models = "SELECT DISTINCT model_id FROM models.forecasts WHERE purpose = 'evaluation' ORDER BY 1"
    return _stage(bench, "backtest", told, lambda con: backtest(con, bench.run, bench.market(con)), models=models)
