"""The commands, thin: parse, call one thing, say what happened. Heavy libraries are imported where they are used."""

import atexit
import os
import sys

import typer

from pipelines.cli import analyst, forecasts, night, operate, releases, texts

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Crypto market intelligence: what prices did, what was said, and how much of it is beyond a random walk.\n\n"
    "Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 finished with a source or an input missing.",
)


for command in (
    night.nightly, night.ingest, night.backfill,
    forecasts.train, forecasts.tune, forecasts.forecast, forecasts.evaluate,
    releases.impact, releases.label, texts.detect, texts.generate,
    forecasts.backtest, operate.publish, operate.report,
    operate.dashboard, analyst.sql, analyst.marts, analyst.export, operate.status, operate.doctor,
):  # fmt: skip
    app.command()(command)


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
