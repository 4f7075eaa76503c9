"""The commands, thin: parse, call one thing, say what happened. Heavy libraries are imported where they are used."""

import atexit
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.stages import Bench, StageResult

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Crypto market intelligence: what prices did, what was said, and how much of it is beyond a random walk.\n\n"
    "Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 finished with a source or an input missing.",
)  # fmt: skip

Profile = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="'simulated', or the path of a TOML file.", show_default="simulated"),
]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Moment to look from, UTC, such as 2024-06-01T00:00:00Z.")]
Home = Annotated[str | None, typer.Option("--home", help="Folder that everything is kept in.", show_default="var")]


class Kind(StrEnum):
    """What to ingest."""

    prices = "prices"
    supply = "supply"
    news = "news"


class Format(StrEnum):
    """How `sql` prints."""

    table = "table"
    csv = "csv"
    json = "json"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time; write 2024-06-01T00:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _settings(profile: str | None, as_of: str | None, home: str | None) -> "Settings":
    from pipelines.settings import SettingsError, load_settings

    try:
        return load_settings(profile, as_of=_moment(as_of), home=home)
    except SettingsError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error


def _quiet_prefect() -> None:
    """Prefect without telemetry or chatter (errors reach the user as exceptions); what the user has set stays."""
    for name, value in (
        ("PREFECT_SERVER_ANALYTICS_ENABLED", "false"), ("DO_NOT_TRACK", "1"), ("PREFECT_LOGGING_LEVEL", "CRITICAL"),
        ("PREFECT_LOGGING_SERVER_LEVEL", "ERROR"), ("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore"),
    ):  # fmt: skip
        os.environ.setdefault(name, value)


def _log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("tapewire")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def _errors() -> Iterator[None]:
    """Expected failures become one line and exit code 1."""
    from features.candles import NotEnoughDataError
    from warehouse.connect import WarehouseBusyError, WarehouseMissingError
    from warehouse.migrate import MigrationError

    try:
        yield
    except (WarehouseBusyError, WarehouseMissingError, MigrationError, NotEnoughDataError) as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


@app.command()
def nightly(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Run the whole night: ingest, derive, evaluate, forecast, score, backtest, publish, report.

    Examples:  tapewire nightly   |   tapewire nightly --profile profiles/files.example.toml
    """
    settings = _settings(profile, as_of, home)
    _quiet_prefect()
    _log()
    began = datetime.now()
    with _errors():
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        from pipelines.nightly import NightFailedError
        from pipelines.nightly import nightly as flow

        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            try:
                night = flow(profile=profile, as_of=settings.as_of, home=str(settings.home))
            except NightFailedError as failed:
                night = failed.night
    from pipelines.summary import night_summary

    print(night_summary(night, (datetime.now() - began).total_seconds()))
    raise typer.Exit(night.exit_code)


@app.command()
def ingest(
    kinds: Annotated[list[Kind] | None, typer.Argument(help="What to ingest; everything where left out.")] = None,
    profile: Profile = None, as_of: AsOf = None, home: Home = None,
) -> None:  # fmt: skip
    """Write what the sources have into core and run the quality checks.

    Examples:  tapewire ingest   |   tapewire ingest prices supply -p profiles/files.example.toml
    """
    from pipelines import run as runs
    from pipelines.summary import ingest_summary

    settings = _settings(profile, as_of, home)
    _log()
    with _errors():
        from pipelines.ingest import ingest as work

        run = runs.start(settings, "ingest")
        code = 1
        try:
            result = work(run, tuple(k.value for k in kinds or ()))
            code = result.exit_code
        finally:
            runs.finish(run, code)
    print(ingest_summary(result))
    raise typer.Exit(code)


def _run_stages(settings: "Settings", flow: str, steps: list[Callable[["Bench"], "StageResult"]]) -> None:
    """Run stages in order and exit with their code."""
    from pipelines import run as runs
    from pipelines.stages import Bench
    from pipelines.summary import stage_summary

    _log()
    with _errors():
        run = runs.start(settings, flow)
        results, code = [], 1
        try:
            bench = Bench(run)
            for step in steps:
                results.append(step(bench))
                if results[-1].status == "missing":
                    break
            code = 3 if any(r.status == "missing" for r in results) else 0
        finally:
            runs.finish(run, code)
    print(stage_summary(results))
    raise typer.Exit(code)


@app.command()
def train(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Train the live model on everything up to the as-of time, and forecast with it.

    Example:  tapewire train -p profiles/files.example.toml
    """
    from pipelines import stages

    _run_stages(
        _settings(profile, as_of, home), "train",
        [stages.derive_stage, lambda bench: stages.forecast_stage(bench, retrain=True)],
    )  # fmt: skip


@app.command()
def forecast(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Forecast from the last bar with the newest model, training one where there is none or it is too old.

    Example:  tapewire forecast
    """
    from pipelines import stages

    _run_stages(_settings(profile, as_of, home), "forecast", [stages.derive_stage, stages.forecast_stage])


@app.command()
def evaluate(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Hold the network against the random walks, walk-forward with purge and embargo.

    Example:  tapewire evaluate -p profiles/files.example.toml
    """
    from pipelines import stages

    _run_stages(_settings(profile, as_of, home), "evaluate", [stages.derive_stage, stages.evaluate_stage])


@app.command()
def impact(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Score releases: what prices did, what the network expects, generated against real.

    Example:  tapewire impact
    """
    from pipelines import stages

    _run_stages(_settings(profile, as_of, home), "impact", [stages.derive_stage, stages.impact_stage])


@app.command()
def backtest(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Trade the walk-forward forecasts on paper, with costs and latency, beside buy-and-hold and the walk.

    Example:  tapewire backtest
    """
    from pipelines import stages

    _run_stages(
        _settings(profile, as_of, home), "backtest",
        [stages.derive_stage, stages.evaluate_stage, stages.backtest_stage],
    )  # fmt: skip


@app.command()
def publish(profile: Profile = None, home: Home = None) -> None:
    """Publish the warehouse as it is: a read-only copy behind the stable path.

    Example:  tapewire publish
    """
    settings = _settings(profile, None, home)
    with _errors():
        from warehouse.connect import WarehouseMissingError

        if not settings.warehouse.exists():
            raise WarehouseMissingError(f"no warehouse at {settings.warehouse}: run `tapewire nightly` first")
        from pipelines import run as runs
        from pipelines.publishing import publish_run

        run = runs.start(settings, "publish")
        code = 1
        runs.finish(run, 0)  # so that what is published says that this run ended
        try:
            published = publish_run(run)
            code = 0
        finally:
            if code:
                runs.finish(run, code)
    print(f"Published {published.stable} (copy {published.copy.name})")


@app.command()
def report(profile: Profile = None, home: Home = None) -> None:
    """Write the HTML report from the published warehouse.

    Example:  tapewire report
    """
    settings = _settings(profile, None, home)
    with _errors():
        from dashboards.report.build import write_report

        write_report(settings.published, settings.report)
    print(f"Report: {settings.report}")


@app.command()
def dashboard(
    profile: Profile = None, home: Home = None,
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 8501,
) -> None:  # fmt: skip
    """Open the Streamlit app over the published warehouse (needs the extra `dashboard`).

    Example:  tapewire dashboard --port 8600
    """
    import importlib.util

    settings = _settings(profile, None, home)
    if importlib.util.find_spec("streamlit") is None:
        print("tapewire: the dashboard needs Streamlit: pip install -e '.[dashboard]'", file=sys.stderr)
        raise typer.Exit(1)
    import dashboards

    script = Path(dashboards.__file__).parent / "app.py"
    os.environ["TAPEWIRE_PUBLISHED_PATH"] = str(settings.published.absolute())
    args = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true", "--server.port",
            str(port), "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]  # fmt: skip
    os.execv(sys.executable, args)  # noqa: S606


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query, or - to read it from standard input.")],
    profile: Profile = None, home: Home = None,
    output: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
    limit: Annotated[int, typer.Option(help="Rows to print at most.", min=1)] = 1000,
) -> None:  # fmt: skip
    """Query the published warehouse, read-only.

    Example:  tapewire sql "FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 5"
    """
    import duckdb

    settings = _settings(profile, None, home)
    text = sys.stdin.read() if query == "-" else query
    with _errors():
        from dashboards.data import Published

        try:
            with Published(settings.published) as warehouse:
                frame = warehouse.query(text, limit)
        except duckdb.Error as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(1) from error
    _print_frame(frame, output)


def _print_frame(frame: Any, output: Format) -> None:
    import polars as pl

    if output is Format.csv:
        print(frame.write_csv(), end="")
    elif output is Format.json:
        print(frame.write_json())
    else:
        with pl.Config(
            tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=80, tbl_width_chars=200, tbl_hide_dataframe_shape=True
        ):
            print(frame)


@app.command()
def status(profile: Profile = None, home: Home = None) -> None:
    """Say what was published last, how the last runs ended, and which marts are fresh.

    Example:  tapewire status
    """
    settings = _settings(profile, None, home)
    with _errors():
        from pipelines.summary import status_summary

        print(status_summary(settings.published))


@app.command()
def doctor(profile: Profile = None, home: Home = None) -> None:
    """Check the installation, the profile's sources and the warehouse, and say what to do.

    Example:  tapewire doctor -p profiles/files.example.toml
    """
    from pipelines.doctor import diagnose

    checks = diagnose(_settings(profile, None, home))
    for check in checks:
        print(f"{'ok  ' if check.ok else 'FAIL' if check.ok is False else 'note'}  {check.name}: {check.detail}")
    raise typer.Exit(1 if any(c.ok is False for c in checks) else 0)


def main() -> None:
    """Entry point of the console script.

    DuckDB's binding prints pages of leak warnings when the interpreter is torn down. So the process leaves just before
    that: the handler registered first runs last, after every other one, with the streams flushed.
    """
    code: list[int] = [1]

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code[0])

    atexit.register(leave)
    try:
        app()
    except SystemExit as ended:
        code[0] = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


if __name__ == "__main__":
    main()
