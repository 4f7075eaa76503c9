"""Commands for operators and analysts: publish, report, dashboard, sql, status, doctor."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import expected_errors, print_frame
from pipelines.cli.options import Format, Home, Profile, settings_of


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
    print(f"Published {published.stable} (copy {published.copy.name})")


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
    import dashboards

    script = Path(dashboards.__file__).parent / "app.py"
    os.environ["TAPEWIRE_PUBLISHED_PATH"] = str(settings.published.absolute())
    args = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true", "--server.port",
            str(port), "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]  # fmt: skip
    os.execv(sys.executable, args)  # noqa: S606


def sql(
    query: Annotated[str, typer.Argument(help="A query, or - to read it from standard input.")],
    profile: Profile = None,
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
    limit: Annotated[int, typer.Option(help="Rows to print at most.", min=1)] = 1000,
) -> None:
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
