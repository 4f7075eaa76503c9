"""The night's stages in order. The flow, the commands and the rule by which stages are skipped follow from them.

Heavy libraries are imported by the work of a stage, so that a command which only ingests does not load them.
"""

from typing import TYPE_CHECKING

from pipelines.stages.stage import RunContext, Stage

if TYPE_CHECKING:
    import duckdb

    from warehouse.write import WriteResult


def _authorship(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from domain.errors import NotEnoughDataError
    from models.text.language.causal import MissingModelError
    from pipelines.stages.authorship import judge_documents

    try:
        return judge_documents(con, context.run)
    except MissingModelError as error:
        raise NotEnoughDataError(f"{error}; or switch it off with text.detect = false") from error


def _documents_wait(con: "duckdb.DuckDBPyConnection", context: RunContext) -> bool:
    """While documents wait for a verdict there is work to do."""
    from models.text.detection.detector import load_detector
    from pipelines.stages.authorship import unscored, waiting

    detector = load_detector()
    if len(unscored(con, detector)):
        return True
    return context.run.settings.text.max_documents > 0 and len(waiting(con, context.run, detector)) > 0


def _derive(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.derive import derive

    return derive(con, context.run)


def _evaluate(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.forecast.evaluate import evaluate

    return evaluate(con, context.run, context.dataset(con))


def _forecast(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.forecast.live import forecast_live

    return forecast_live(con, context)


def _impact(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.impact.impact import score_impact

    return score_impact(con, context.run, context.dataset(con))


def _backtest(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.backtest import backtest

    return backtest(con, context.run, context.dataset(con))


def _signals(con: "duckdb.DuckDBPyConnection", context: RunContext) -> "list[WriteResult]":
    from pipelines.stages.signals import signals

    return signals(con, context.run)


STAGES = (
    Stage(
        "authorship",
        _authorship,
        settings=("text", "impact.kinds"),
        is_due=_documents_wait,
        is_off=lambda context: "" if context.run.settings.text.detect else "switched off (text.detect)",
    ),
    Stage(
        "derive",
        _derive,
        settings=("features", "impact.min_confidence"),
        builds_on=(
            "SELECT count(*) FROM features.document_authorship UNION ALL "
            "SELECT count(*) FROM core.funding_versions UNION ALL SELECT count(*) FROM core.funds_versions"
        ),
    ),
    Stage("evaluate", _evaluate, after=("derive",), settings=("features", "forecast")),
    Stage(
        "forecast",
        _forecast,
        after=("derive",),
        settings=("features", "forecast"),
        is_due=lambda con, context: context.retrain,
    ),
    Stage(
        "signals",
        _signals,
        after=("derive",),
        settings=("features", "forecast"),
        builds_on=(
            "SELECT count(*) FROM models.forecasts UNION ALL "
            "SELECT count(*) FROM features.document_authorship UNION ALL "
            "SELECT count(*) FROM core.funding_versions UNION ALL SELECT count(*) FROM core.funds_versions"
        ),
    ),
    Stage(
        "impact",
        _impact,
        after=("derive",),
        settings=("features", "forecast", "impact"),
        builds_on=(
            "SELECT model_id FROM models.training_runs UNION ALL "
            "SELECT text_id FROM models.generated_releases UNION ALL "
            "SELECT concat_ws('/', doc_id, authorship, veracity) FROM core.document_labels UNION ALL "
            "SELECT concat_ws('/', doc_id, authorship, veracity, event_label, is_recommended) FROM core.source_labels "
            "UNION ALL "
            "SELECT count(*)::VARCHAR FROM features.document_authorship UNION ALL "
            "SELECT count(*)::VARCHAR FROM features.document_embeddings ORDER BY 1"
        ),
    ),
    Stage(
        "backtest",
        _backtest,
        after=("evaluate",),
        settings=("features", "forecast", "backtest", "impact.kinds", "impact.min_confidence"),
        builds_on=(
            "SELECT DISTINCT model_id FROM models.forecasts WHERE purpose = 'evaluation' UNION ALL "
            "SELECT md5(string_agg(concat_ws('/', doc_id, asset, window_h, median, low, high), ',' "
            "ORDER BY doc_id, asset, window_h)) FROM models.response_expected UNION ALL "
            "SELECT concat_ws('/', doc_id, veracity, available_ts) FROM core.document_labels UNION ALL "
            "SELECT concat_ws('/', doc_id, veracity, retracted_ts) FROM core.source_labels UNION ALL "
            "SELECT concat_ws('/', 'funding', count(*), max(event_ts)) FROM core.funding ORDER BY 1"
        ),
    ),
)
BY_NAME = {stage.name: stage for stage in STAGES}


def stages_up_to(name: str) -> list[Stage]:
    """The stage of this name with those that it needs, in the order of the night. KeyError for another name."""
    needed, due = set[str](), [name]
    while due:
        stage = BY_NAME[due.pop()]
        needed.add(stage.name)
        due += stage.after
    return [stage for stage in STAGES if stage.name in needed]
