"""What every command needs of a terminal: settings from flags, logs, expected errors, progress, tables."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from pipelines.cli.options import Format

if TYPE_CHECKING:
    import polars as pl

    from pipelines.settings.settings import Settings


@contextmanager
def wrong_usage() -> Iterator[None]:
    """A value that cannot be becomes one line and exit code 2."""
    try:
        yield
    except ValueError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error


def quiet_prefect() -> None:
    """Prefect without telemetry or chatter (errors reach the user as exceptions), and with patience for its own server
    on a busy machine; what the user has set stays.
    """
    for name, value in (
        ("PREFECT_SERVER_ANALYTICS_ENABLED", "false"),
        ("DO_NOT_TRACK", "1"),
        ("PREFECT_LOGGING_LEVEL", "CRITICAL"),
        ("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180"),
        ("PREFECT_LOGGING_SERVER_LEVEL", "ERROR"),
        ("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore"),
    ):
        os.environ.setdefault(name, value)


def log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("tapewire")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def expected_errors() -> Iterator[None]:
    """Expected failures become one line and exit code 1."""
    from domain.errors import NotEnoughDataError
    from warehouse.connect import WarehouseBusyError, WarehouseMissingError
    from warehouse.migrate import MigrationError

    try:
        yield
    except (WarehouseBusyError, WarehouseMissingError, MigrationError, NotEnoughDataError) as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def run_up_to(settings: "Settings", stage: str, *, flow: str = "", retrain: bool = False, resume: bool = True) -> None:
    """Run a stage after those that it needs, print how they went, and exit with their code."""
    from pipelines.cli.summary import stage_summary
    from pipelines.run import recorded_run
    from pipelines.stages.plan import stages_up_to
    from pipelines.stages.stage import RunContext, run_stages

    log_to_stderr()
    with expected_errors(), recorded_run(settings, flow or stage) as run:
        results = run_stages(stages_up_to(stage), RunContext(run, retrain, resume))
        run.exit_code = 3 if any(r.status == "missing" for r in results) else 0
    print(stage_summary(results))
    raise typer.Exit(run.exit_code)


def print_frame(frame: "pl.DataFrame", output: Format) -> None:
    """Print a whole frame."""
    from dashboards.files import written

    if output is Format.csv:
        print(written.as_csv(frame), end="")
    elif output is Format.json:
        written.print_json(iter([frame]), sys.stdout)
    elif output is Format.lines:
        print(written.lines(frame))
    else:
        print(written.table(frame, markdown=output is Format.markdown))
