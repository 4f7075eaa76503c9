"""The stages of a night, each a function of (run, bench): skipped where inputs, settings and code are as they were."""

import logging
from typing import TYPE_CHECKING

import duckdb

from domain.errors import NotEnoughDataError
from pipelines.stages.derive import derive
from pipelines.stages.stage import Bench, StageResult, _stage
from warehouse.write import WriteResult

if TYPE_CHECKING:
    pass


log = logging.getLogger("tapewire.night")


def words_stage(bench: Bench) -> StageResult:
    """Who wrote the new documents; generated releases beside real ones. While documents wait it has work to do."""
    from models.text.detection.detector import load_detector
    from models.text.language.causal import MissingModelError
    from pipelines.stages.authorship import judge_words, unscored, waiting

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
    from pipelines.stages.forecast.evaluate import evaluate

    told = (bench.run.settings.features, bench.run.settings.forecast)
    return _stage(bench, "evaluate", told, lambda con: evaluate(con, bench.run, bench.market(con)))


def forecast_stage(bench: Bench, *, retrain: bool = False, resume: bool = True) -> StageResult:
    """The night's own forecast, with training where the model is too old."""
    from pipelines.stages.forecast.live import forecast_live

    told = (bench.run.settings.features, bench.run.settings.forecast)

    def work(con: duckdb.DuckDBPyConnection) -> list[WriteResult]:
        return forecast_live(con, bench.run, bench.market(con), retrain=retrain, resume=resume)

    return _stage(bench, "forecast", told, work, force=retrain)


def impact_stage(bench: Bench) -> StageResult:
    """Realised and scored impact."""
    from pipelines.stages.impact.impact import score_impact

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
    from pipelines.stages.backtest import backtest

    told = (bench.run.settings.features, bench.run.settings.forecast, bench.run.settings.backtest)
    models = "SELECT DISTINCT model_id FROM models.forecasts WHERE purpose = 'evaluation' ORDER BY 1"
    return _stage(bench, "backtest", told, lambda con: backtest(con, bench.run, bench.market(con)), models=models)
