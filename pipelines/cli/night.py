"""Commands that bring data in: nightly, ingest, backfill."""

import sys
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from domain.timeframes import SECONDS
from pipelines.cli.console import expected_errors, log_to_stderr, quiet_prefect
from pipelines.cli.options import AsOf, Home, Profile, moment, settings_of

if TYPE_CHECKING:
    from pipelines.settings.settings import Settings


class Kind(StrEnum):
    """What to ingest."""

    prices = "prices"
    supply = "supply"
    news = "news"


def _known_timeframes(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in SECONDS:
            raise typer.BadParameter(f"{name!r} is no timeframe; expected {', '.join(SECONDS)}")
    return names


def nightly(profile: Profile = None, as_of: AsOf = None, home: Home = None) -> None:
    """Run the whole night: ingest, derive, evaluate, forecast, score, backtest, publish, report.

    Examples:  tapewire nightly   |   tapewire nightly --profile examples/files.example.toml
    """
    settings = settings_of(profile, as_of, home)
    quiet_prefect()
    log_to_stderr()
    began = datetime.now()
    with expected_errors():
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        from pipelines.flows.night import NightFailedError
        from pipelines.flows.nightly import nightly as flow

        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            try:
                night = flow(profile=profile, as_of=settings.as_of, home=str(settings.home))
            except NightFailedError as failed:
                night = failed.night
    from pipelines.cli.summary import night_summary

    print(night_summary(night, (datetime.now() - began).total_seconds()))
    raise typer.Exit(night.exit_code)


def ingest(
    kinds: Annotated[list[Kind] | None, typer.Argument(help="What to ingest; everything where left out.")] = None,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Write what the sources have into core and run the quality checks.

    Examples:  tapewire ingest   |   tapewire ingest prices supply -p live
    """
    _ingest(settings_of(profile, as_of, home), "ingest", tuple(k.value for k in kinds or ()))


def backfill(
    since: Annotated[str, typer.Option(help="How far back, UTC, such as 2020-01-01.")],
    kinds: Annotated[list[Kind] | None, typer.Argument(help="prices, supply; both where left out.")] = None,
    exchange: Annotated[str | None, typer.Option(help="One exchange of the profile, by its ccxt id.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="A symbol of the profile; may be given again.")] = None,
    timeframe: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(SECONDS)}; may be given again.", callback=_known_timeframes)
    ] = None,
    archive: Annotated[bool, typer.Option("--archive", help="From the Binance public data archives.")] = False,
    profile: Annotated[str, typer.Option("--profile", "-p", help="'live', or the path of a TOML file.")] = "live",
    home: Home = None,
) -> None:
    """Fetch history further back than the profile does. It goes on where it was stopped.

    Examples:  tapewire backfill prices --since 2020-01-01   |   tapewire backfill prices --since 2017-08-01 --archive
    """
    from pipelines.ingest.backfill import HISTORIES, reaching_back
    from pipelines.settings.settings import SettingsError

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
            timeframes=tuple(timeframe or ()), archive=archive,
        )  # fmt: skip
    except SettingsError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    _ingest(settings, "backfill", wanted)


def _ingest(settings: "Settings", flow: str, kinds: tuple[str, ...]) -> None:
    """Ingest with progress and a summary, and exit with its code."""
    from pipelines.cli.summary import ingest_summary, network_line

    log_to_stderr()
    with expected_errors():
        from pipelines.ingest.ingest import ingest as work
        from pipelines.progress import ingest_progress
        from pipelines.run import recorded_run

        with recorded_run(settings, flow) as run, ingest_progress() as progress:
            result = work(run, kinds, progress)
            run.exit_code = result.exit_code
    print(ingest_summary(result))
    print(network_line(result))
    raise typer.Exit(result.exit_code)
