"""Commands for operators: publish, report, dashboard, status, doctor."""

import os
import sys
from typing import Annotated

import typer

from pipelines.cli.console import expected_errors
from pipelines.cli.options import Home, Profile, settings_of


def publish(profile: Profile = None, home: Home = None) -> None:
    """Publish the warehouse as it is: a read-only copy behind the stable path.

    Example:  tapewire publish
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
        from warehouse.connect import WarehouseMissingError

        if not settings.warehouse.exists():
            raise WarehouseMissingError(f"no warehouse at {settings.warehouse}: run `tapewire nightly` first")
        from pipelines.run import record_end, recorded_run
        from pipelines.stages.publish import publish_run

        with recorded_run(settings, "publish") as run:
            record_end(run, 0)  # so that what is published says that this run ended
            published = publish_run(run)
    print(f"Published {published.stable} (copy {published.copy.parent.name})")


def report(profile: Profile = None, home: Home = None) -> None:
    """Write the HTML report from the published warehouse.

    Example:  tapewire report
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
        from dashboards.report.build import write_report

        write_report(settings.published, settings.report)
    print(f"Report: {settings.report}")


def dashboard(
    profile: Profile = None, home: Home = None, port: Annotated[int, typer.Option(help="Port on loopback.")] = 8501
) -> None:
    """Open the Streamlit app over the published warehouse (needs the extra `dashboard`).

    Example:  tapewire dashboard --port 8600
    """
    import importlib.util

    settings = settings_of(profile, None, home)
    if importlib.util.find_spec("streamlit") is None:
        print("tapewire: the dashboard needs Streamlit: pip install -e '.[dashboard]'", file=sys.stderr)
        raise typer.Exit(1)
    from dashboards.serve import streamlit_command

    os.environ["TAPEWIRE_PUBLISHED_PATH"] = str(settings.published.absolute())
    os.execv(sys.executable, streamlit_command(port))  # noqa: S606


def status(profile: Profile = None, home: Home = None) -> None:
    """Say what was published last, how the last runs ended, and which marts are fresh.

    Example:  tapewire status
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
        from pipelines.cli.summary import status_summary

        print(status_summary(settings.published))


def doctor(
    profile: Profile = None,
    home: Home = None,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Check the GPU alone: the CPU's numbers, speed, a training. Minutes.")
    ] = False,
) -> None:
    """Check the installation, the profile's sources and the warehouse, and say what to do.

    Examples:  tapewire doctor -p live   |   tapewire doctor --gpu
    """
    from pipelines.ondemand.doctor import diagnose, diagnose_gpu, exit_code

    checks = []
    for check in diagnose_gpu() if gpu else diagnose(settings_of(profile, None, home)):
        print(
            f"{'ok  ' if check.ok else 'FAIL' if check.ok is False else 'note'}  {check.name}: {check.detail}",
            flush=True,
        )
        checks.append(check)
    raise typer.Exit(exit_code(checks))
