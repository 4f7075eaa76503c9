"""Commands for operators and analysts: publish, report, dashboard, sql, status, doctor."""

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import expected_errors, print_frame, wrong_usage
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


SHOWN = 1000


def sql(
    query: Annotated[str | None, typer.Argument(help="A query, or - to read it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="File with the query.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for $NAME in the query; may be given several times.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write every row to this .parquet, .csv or .jsonl file instead.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
    limit: Annotated[
        int | None,
        typer.Option(help=f"Rows to print at most; {SHOWN:,} in a table, all in other formats.", min=1),
    ] = None,
    profile: Profile = None,
    home: Home = None,
) -> None:
    """Query the published warehouse, read-only. Where rows are left out, that is said.

    Examples:  tapewire sql "FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 5"   |   tapewire sql
    "FROM marts.candles WHERE asset = $asset" --param asset=BTC --out btc.parquet
    """
    import duckdb

    from pipelines.ondemand.tables import TableError, check_ending, write_table

    with wrong_usage():  # TableError is a ValueError
        text, values = _query_text(query, file), _values(param or [])
        if out is not None:
            check_ending(out)
    settings = settings_of(profile, None, home)
    most = None if out is not None else limit or (SHOWN if output is Format.table else None)
    with expected_errors():
        from dashboards.data import Published

        try:
            with Published(settings.published) as warehouse:
                frame = warehouse.query(text, None if most is None else most + 1, **values)
            if out is not None:
                write_table(frame, out)
        except (duckdb.Error, TableError, OSError) as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(1) from error
    if out is not None:
        print(f"{out}: {len(frame):,} rows")
        return
    print_frame(frame if most is None else frame.head(most), output)
    if most is not None and len(frame) > most:
        cut = f"only the first {most:,} rows are printed; there are more: give --limit, or --out FILE for all"
        print(f"tapewire: {cut}", file=sys.stderr)


def _query_text(query: str | None, file: Path | None) -> str:
    """The query from the argument, standard input or a file. ValueError for none or two of them."""
    if (query is None) == (file is None):
        raise ValueError(
            'give one query: as text, as - for standard input, or with --file; such as "FROM marts.ssr_daily"'
        )
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} cannot be read: {error}") from error
    return sys.stdin.read() if query == "-" else str(query)


def _values(param: list[str]) -> dict[str, object]:
    """Values of `name=value` by name: whole and decimal numbers, true and false, else text. ValueError for others."""
    found: dict[str, object] = {}
    for given in param:
        name, sign, value = given.partition("=")
        if not sign or not name.isidentifier():
            raise ValueError(f"--param is NAME=VALUE such as asset=BTC, got {given!r}")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def marts(
    name: Annotated[str | None, typer.Argument(help="A mart to describe: its columns, and some of its rows.")] = None,
    sample: Annotated[int, typer.Option(help="Rows to show of it.", min=0)] = 3,
    profile: Profile = None,
    home: Home = None,
) -> None:
    """List the marts of the published warehouse, or describe one.

    Examples:  tapewire marts   |   tapewire marts ssr_daily --sample 5
    """
    settings = settings_of(profile, None, home)
    with expected_errors():
        from dashboards.data import Published

        with Published(settings.published) as warehouse:
            found = warehouse.mart("catalog").sort("mart")
            if name is None:
                print_frame(found, Format.table)
                return
            about = found.filter(found["mart"] == name).to_dicts()
            if not about:
                near = difflib.get_close_matches(name, found["mart"].to_list(), n=1)
                print(f"tapewire: no mart {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""), file=sys.stderr)
                raise typer.Exit(2)
            print("{about}. One row per {one_row_per}. {n_rows:,} rows.\n".format(**about[0]))
            print_frame(warehouse.columns_of(name), Format.table)
            if sample:
                print_frame(warehouse.mart(name, limit=sample), Format.table)


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
