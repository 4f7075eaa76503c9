"""The commands in this process: what a process of their own would do, without loading every library again."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.cli.summary import night_summary
from pipelines.flows.night import run_night
from pipelines.settings.load import load_settings


@contextmanager
def _own_logger() -> Iterator[None]:
    """A command sets up the project's logger; afterwards it is as it was."""
    logger = logging.getLogger("tapewire")
    before = logger.handlers[:], logger.level, logger.propagate
    try:
        yield
    finally:
        logger.handlers[:], logger.level, logger.propagate = before


def tapewire(*words: str, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """What `tapewire WORDS` does: its exit code and what it writes. An unexpected exception is raised."""
    with _own_logger():
        done = CliRunner().invoke(app, list(words), env=dict(env or {}), prog_name="tapewire")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return CompletedProcess(list(words), done.exit_code, done.stdout, done.stderr)


def plain_night(
    home: Path, *, profile: str | None = None, as_of: object = None, env: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """A night without Prefect: its exit code and its summary."""
    began = time.perf_counter()
    with mock.patch.dict(os.environ, dict(env or {})):
        night = run_night(load_settings(profile, as_of=as_of, home=str(home)))
    return CompletedProcess(["nightly"], night.exit_code, night_summary(night, time.perf_counter() - began), "")
