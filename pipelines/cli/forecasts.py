"""Commands about forecasts: train, tune, forecast, evaluate, backtest."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import expected_errors, log_to_stderr, print_frame, run_up_to, wrong_usage
from pipelines.cli.options import AsOf, Format, Home, Profile, moment, settings_of

if TYPE_CHECKING:
    from dashboards.sheet import Sheet
    from pipelines.settings.settings import Settings


def train(
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last whole epoch of a training that was killed.")
    ] = False,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Train the live model on everything up to the as-of time, and forecast with it.

    Examples:  tapewire train -p examples/files.example.toml   |   tapewire train --resume
    """
    run_up_to(settings_of(profile, as_of, home), "forecast", flow="train", retrain=True, resume=resume)


def tune(
    trials: Annotated[int, typer.Option(help="Networks to train.", min=1)] = 20,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Search the network's hyper-parameters with Optuna, on stretches that its training leaves out.

    Prints the best as lines for the [forecast] section of a profile. A choice is flattered by the hours it was made on:
    hold it against later ones with `tapewire evaluate` before it is used.

    Example:  tapewire tune --trials 30 -p examples/files.example.toml
    """
    if find_spec("optuna") is None:
        print("tapewire: the search needs Optuna: pip install 'tapewire[tune]'", file=sys.stderr)
        raise typer.Exit(1)
    from pipelines.run import recorded_run
    from pipelines.stages.forecast.training import tune as search
    from pipelines.stages.plan import BY_NAME
    from pipelines.stages.stage import RunContext, run_stage

    settings = settings_of(profile, as_of, home)
    log_to_stderr()
    with expected_errors(), recorded_run(settings, "tune") as run:
        context = RunContext(run)
        run_stage(BY_NAME["derive"], context)
        with run.open() as con:
            dataset = context.dataset(con)
        tried = search(run, dataset, trials)
    best = tried[0]
    print(f"Best of {len(tried)}: {best.validation_ratio:.4f} of the base's loss on the stretches left out.\n")
    print("[forecast]\n" + "\n".join(f"{name} = {value}" for name, value in best.settings.items()))


def forecast(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Forecast from the last bar with the newest model, training one where there is none or it is too old.

    Example:  tapewire forecast
    """
    run_up_to(settings_of(profile, as_of, home), "forecast")


def evaluate(
    train_until: Annotated[str | None, typer.Option(help="End of training, UTC, such as 2024-01-01.")] = None,
    test_from: Annotated[str | None, typer.Option(help="First origin, UTC; at or after the end of training.")] = None,
    test_to: Annotated[str | None, typer.Option(help="Origins end before this moment, UTC.")] = None,
    origins: Annotated[str, typer.Option(help="Hours of the day to forecast at, UTC.")] = "00:00,12:00",
    refit_every: Annotated[str | None, typer.Option(help="Train anew at this spacing, such as 30d.")] = None,
    min_share: Annotated[float, typer.Option(help="Least share of the test hours that an asset must have.")] = 0.99,
    out: Annotated[Path | None, typer.Option(help="Folder for forecasts.parquet and scores.parquet.")] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Folds of --refit-every side by side; one per thread by default.", min=1)
    ] = None,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Hold the models against the random walks, walk-forward with purge and embargo.

    Without a test span: the folds of the settings, into the warehouse. With one: every model over that span, written to
    --out for scoring with any tool; what is missing in the warehouse is ingested first.

    Examples:  tapewire evaluate   |   tapewire evaluate -p FILE --train-until 2024-01-01 --test-from 2024-01-01
    --test-to 2025-01-01 --origins 00:00,12:00 --out results
    """
    settings = settings_of(profile, as_of, home)
    given = {"--train-until": train_until, "--test-from": test_from, "--test-to": test_to, "--out": out}
    if not any(given.values()):
        run_up_to(settings, "evaluate")
        return
    from models.evaluate.league import league
    from models.evaluate.protocol import Protocol, origin_hours, spacing
    from pipelines.ondemand.evaluate_span import evaluate_over

    with wrong_usage():
        lacking = [name for name, value in given.items() if value is None]
        if train_until is None or test_from is None or test_to is None or out is None:
            raise ValueError(f"a test span of your own needs {', '.join(lacking)} as well")
        ends = (moment(train_until), moment(test_from), moment(test_to))
        protocol = Protocol(*ends, origin_hours(origins), spacing(refit_every), min_share)
    log_to_stderr()
    with expected_errors():
        scores = evaluate_over(settings, protocol, out, jobs or settings.threads)
    print_frame(league(scores), Format.table)


def backtest(
    forecasts: Annotated[
        Path | None, typer.Option(help="Table of forecasts: model, asset, origin_ts, horizon_h, level, log_return.")
    ] = None,
    candles: Annotated[Path | None, typer.Option(help="Table of hourly prices that they are traded on.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model of the table to trade; may be given several times.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables and the tear sheet.")] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write tearsheet.html, .md and .json into --out as well.")
    ] = False,
    against: Annotated[Path | None, typer.Option(help="Folder of another run to compare with.")] = None,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Trade forecasts and releases on paper, through a ledger with all costs, beside rivals and chance.

    Without files: the walk-forward forecasts and the releases of the warehouse, into the warehouse. With --forecasts
    and --candles: any table in the shape that `tapewire evaluate` writes, into --out. Every configuration that was ever
    tried is kept and counted. Terms of trading stand in the [backtest] section of the profile.

    Examples:  tapewire backtest --report   |   tapewire backtest --forecasts results/forecasts.parquet --candles
    candles.parquet --out results/backtest --report
    """
    settings = settings_of(profile, as_of, home)
    if against is not None and not (against / "equity.parquet").is_file():
        print(f"tapewire: {against} holds no backtest: there is no equity.parquet in it", file=sys.stderr)
        raise typer.Exit(2)
    if forecasts is None and candles is None:
        code = _backtest_of_warehouse(settings, out, report, against)
        raise typer.Exit(code)
    from pipelines.ondemand.study.backtest_files import backtest_files
    from pipelines.ondemand.tables import TableError

    if forecasts is None or candles is None or out is None:
        given = {"--forecasts": forecasts, "--candles": candles, "--out": out}
        lacking = ", ".join(name for name, value in given.items() if value is None)
        print(f"tapewire: a backtest of files needs {lacking} as well", file=sys.stderr)
        raise typer.Exit(2)
    log_to_stderr()
    with expected_errors():
        other = _other(against)  # read first: it may be the folder that is written to
        try:
            sheet = backtest_files(forecasts, candles, out, settings.backtest, tuple(model or ()))
            _tell(sheet, out if report else None, other)
        except TableError as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(2) from error
    print(f"Tables: {out}")


def _backtest_of_warehouse(settings: "Settings", out: Path | None, report: bool, against: Path | None) -> int:
    """Run the stage, say what came of it, and write the tear sheet where it is wanted; the exit code."""
    from dashboards.open import OpenWarehouse
    from dashboards.sheet import sheet_of_warehouse

    code = 0
    try:
        run_up_to(settings, "backtest")
    except typer.Exit as ended:
        code = ended.exit_code
    if code not in (0, 3):
        return code
    with expected_errors(), OpenWarehouse(settings.warehouse) as warehouse:
        sheet = sheet_of_warehouse(warehouse)
        if sheet is not None:
            folder = (out or settings.report.parent) if report else None
            _tell(sheet, folder, _other(against))
    return code


def _other(against: Path | None) -> "Sheet | None":
    """The run to compare with."""
    from dashboards.sheet import sheet_of_folder

    return None if against is None else sheet_of_folder(against)


def _tell(sheet: "Sheet", folder: Path | None, other: "Sheet | None") -> None:
    """Print what a backtest says; write its tear sheet into `folder`, beside another run."""
    from dashboards.report.tearsheet import write_tearsheet
    from dashboards.sheet import alarms, sentences

    for said in alarms(sheet):
        print(f"ALARM: {said}")
    for said in sentences(sheet):
        print(f"* {said}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        print("Tear sheet:", write_tearsheet(sheet, folder, other)[0])
