"""The commands, thin: parse, call one thing, say what happened. Heavy libraries are imported where they are used."""

import atexit
import os
import sys
from datetime import datetime
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli_impact import impact, label
from pipelines.cli_text import detect, generate
from pipelines.terminal import (
    AsOf,
    Format,
    Home,
    Profile,
    expected_errors,
    log_to_stderr,
    moment,
    print_frame,
    progress,
    quiet_prefect,
    run_stages,
    settings_of,
    wrong_usage,
)

if TYPE_CHECKING:
    from pipelines.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Crypto market intelligence: what prices did, what was said, and how much of it is beyond a random walk.\n\n"
    "Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 finished with a source or an input missing.",
)  # fmt: skip


class Timeframe(StrEnum):
    """Length of a bar."""

    minute = "1m"
    five_minutes = "5m"
    quarter = "15m"
    hour = "1h"
    day = "1d"


class Kind(StrEnum):
    """What to ingest."""

    prices = "prices"
    supply = "supply"
    news = "news"


@app.command()
def nightly(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Run the whole night: ingest, derive, evaluate, forecast, score, backtest, publish, report.

    Examples:  tapewire nightly   |   tapewire nightly --profile profiles/files.example.toml
    """
    settings = settings_of(profile, as_of, home)
    quiet_prefect()
    log_to_stderr()
    began = datetime.now()
    with expected_errors():
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

    Examples:  tapewire ingest   |   tapewire ingest prices supply -p live
    """
    _ingest(settings_of(profile, as_of, home), "ingest", tuple(k.value for k in kinds or ()))


@app.command()
def backfill(
    since: Annotated[str, typer.Option(help="How far back, UTC, such as 2020-01-01.")],
    kinds: Annotated[list[Kind] | None, typer.Argument(help="prices, supply; both where left out.")] = None,
    exchange: Annotated[str | None, typer.Option(help="One exchange of the profile, by its ccxt id.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="A symbol of the profile; may be given again.")] = None,
    timeframe: Annotated[list[Timeframe] | None, typer.Option(help="May be given again.")] = None,
    archive: Annotated[bool, typer.Option("--archive", help="From the Binance public data archives.")] = False,
    profile: Annotated[str, typer.Option("--profile", "-p", help="'live', or the path of a TOML file.")] = "live",
    home: Home = None,
) -> None:
    """Fetch history further back than the profile does. It goes on where it was stopped.

    Examples:  tapewire backfill prices --since 2020-01-01   |   tapewire backfill prices --since 2017-08-01 --archive
    """
    from pipelines.backfill import HISTORIES, reaching_back
    from pipelines.settings import SettingsError

    start = moment(since)
    assert start is not None
    wanted = tuple(k.value for k in kinds or ()) or HISTORIES
    if "news" in wanted:
        print("tapewire: feeds hold no history, so news cannot be backfilled; give files instead", file=sys.stderr)
        raise typer.Exit(2)
    settings = settings_of(profile, None, home)
    try:
        settings = reaching_back(
            settings, start, exchange=exchange, symbols=tuple(symbol or ()),
            timeframes=tuple(t.value for t in timeframe or ()), archive=archive,
        )  # fmt: skip
    except SettingsError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    _ingest(settings, "backfill", wanted)


def _ingest(settings: "Settings", flow: str, kinds: tuple[str, ...]) -> None:
    """Ingest with progress and a summary, and exit with its code."""
    from pipelines import run as runs
    from pipelines.summary import ingest_summary, network_line

    log_to_stderr()
    with expected_errors():
        from pipelines.ingest import ingest as work

        run = runs.start(settings, flow)
        code = 1
        try:
            with progress() as shown:
                result = work(run, kinds, shown)
            code = result.exit_code
        finally:
            runs.finish(run, code)
    print(ingest_summary(result))
    print(network_line(result))
    raise typer.Exit(code)


@app.command()
def train(
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last whole epoch of a training that was killed.")
    ] = False,
    profile: Profile = None, as_of: AsOf = None, home: Home = None,
) -> None:  # fmt: skip
    """Train the live model on everything up to the as-of time, and forecast with it.

    Examples:  tapewire train -p profiles/files.example.toml   |   tapewire train --resume
    """
    from pipelines import stages

    run_stages(
        settings_of(profile, as_of, home), "train",
        [stages.derive_stage, lambda bench: stages.forecast_stage(bench, retrain=True, resume=resume)],
    )  # fmt: skip


@app.command()
def tune(
    trials: Annotated[int, typer.Option(help="Networks to train.", min=1)] = 20,
    profile: Profile = None, as_of: AsOf = None, home: Home = None,
) -> None:  # fmt: skip
    """Search the network's hyper-parameters with Optuna, on the validation span of the live model.

    Prints the best as lines for the [forecast] section of a profile. A choice is flattered by the span that it was made
    on: hold it against a later one with `tapewire evaluate` before it is used.

    Example:  tapewire tune --trials 30 -p profiles/files.example.toml
    """
    if find_spec("optuna") is None:
        print("tapewire: the search needs Optuna: pip install 'tapewire[tune]'", file=sys.stderr)
        raise typer.Exit(1)
    from pipelines import run as runs
    from pipelines.forecast import tune as work
    from pipelines.stages import Bench, derive_stage

    settings = settings_of(profile, as_of, home)
    log_to_stderr()
    with expected_errors():
        run = runs.start(settings, "tune")
        code = 1
        try:
            bench = Bench(run)
            derive_stage(bench)
            with run.open() as con:
                market = bench.market(con)
            tried = work(run, market, trials)
            code = 0
        finally:
            runs.finish(run, code)
    best = tried[0]
    print(f"Best of {len(tried)}: {best.validation_ratio:.4f} of the reference walk's loss on the validation span.\n")
    print("[forecast]\n" + "\n".join(f"{name} = {value}" for name, value in best.settings.items()))


@app.command()
def forecast(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Forecast from the last bar with the newest model, training one where there is none or it is too old.

    Example:  tapewire forecast
    """
    from pipelines import stages

    run_stages(settings_of(profile, as_of, home), "forecast", [stages.derive_stage, stages.forecast_stage])


@app.command()
def evaluate(
    train_until: Annotated[str | None, typer.Option(help="End of training, UTC, such as 2024-01-01.")] = None,
    test_from: Annotated[str | None, typer.Option(help="First origin, UTC; at or after the end of training.")] = None,
    test_to: Annotated[str | None, typer.Option(help="Origins end before this moment, UTC.")] = None,
    origins: Annotated[str, typer.Option(help="Hours of the day to forecast at, UTC.")] = "00:00,12:00",
    refit_every: Annotated[str | None, typer.Option(help="Train anew at this spacing, such as 30d.")] = None,
    min_share: Annotated[float, typer.Option(help="Least share of the test hours that an asset must have.")] = 0.99,
    out: Annotated[Path | None, typer.Option(help="Folder for forecasts.parquet and scores.parquet.")] = None,
    profile: Profile = None, as_of: AsOf = None, home: Home = None,
) -> None:  # fmt: skip
    """Hold the models against the random walks, walk-forward with purge and embargo.

    Without a test span: the folds of the settings, into the warehouse. With one: every model over that span, written to
    --out for scoring with any tool; what is missing in the warehouse is ingested first.

    Examples:  tapewire evaluate   |   tapewire evaluate -p FILE --train-until 2024-01-01 --test-from 2024-01-01
    --test-to 2025-01-01 --origins 00:00,12:00 --out results
    """
    from pipelines import stages

    settings = settings_of(profile, as_of, home)
    given = {"--train-until": train_until, "--test-from": test_from, "--test-to": test_to, "--out": out}
    if not any(given.values()):
        run_stages(settings, "evaluate", [stages.derive_stage, stages.evaluate_stage])
        return
    from pipelines.protocol import Protocol, evaluate_over, league, origin_hours, spacing

    with wrong_usage():
        lacking = [name for name, value in given.items() if value is None]
        if train_until is None or test_from is None or test_to is None or out is None:
            raise ValueError(f"a test span of your own needs {', '.join(lacking)} as well")
        ends = (moment(train_until), moment(test_from), moment(test_to))
        protocol = Protocol(*ends, origin_hours(origins), spacing(refit_every), min_share)
    log_to_stderr()
    with expected_errors():
        scores = evaluate_over(settings, protocol, out)
    print_frame(league(scores), Format.table)


app.command()(impact)
app.command()(label)
app.command()(detect)
app.command()(generate)


@app.command()
def backtest(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Trade the walk-forward forecasts on paper, with costs and latency, beside buy-and-hold and the walk.

    Example:  tapewire backtest
    """
    from pipelines import stages

    run_stages(
        settings_of(profile, as_of, home), "backtest",
        [stages.derive_stage, stages.evaluate_stage, stages.backtest_stage],
    )  # fmt: skip


@app.command()
def publish(profile: Profile = None, home: Home = None) -> None:
    """Publish the warehouse as it is: a read-only copy behind the stable path.

    Example:  tapewire publish
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
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
    settings = settings_of(profile, None, home)
    with expected_errors():
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

    settings = settings_of(profile, None, home)
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

    settings = settings_of(profile, None, home)
    text = sys.stdin.read() if query == "-" else query
    with expected_errors():
        from dashboards.data import Published

        try:
            with Published(settings.published) as warehouse:
                frame = warehouse.query(text, limit)
        except duckdb.Error as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(1) from error
    print_frame(frame, output)


@app.command()
def status(profile: Profile = None, home: Home = None) -> None:
    """Say what was published last, how the last runs ended, and which marts are fresh.

    Example:  tapewire status
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
        from pipelines.summary import status_summary

        print(status_summary(settings.published))


@app.command()
def doctor(profile: Profile = None, home: Home = None) -> None:
    """Check the installation, the profile's sources and the warehouse, and say what to do.

    Example:  tapewire doctor -p live
    """
    from pipelines.doctor import diagnose, exit_code

    checks = diagnose(settings_of(profile, None, home))
    for check in checks:
        print(f"{'ok  ' if check.ok else 'FAIL' if check.ok is False else 'note'}  {check.name}: {check.detail}")
    raise typer.Exit(exit_code(checks))


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
