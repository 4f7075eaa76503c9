"""Commands for analysts: sql, marts, export."""

import difflib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import expected_errors, print_frame, wrong_usage
from pipelines.cli.options import FileFormat, Format, Home, Profile, Raw, settings_of

if TYPE_CHECKING:
    import polars as pl

    from dashboards.queries.limited import Limits
    from pipelines.settings.settings import Settings


SHOWN = 1000


def sql(
    query: Annotated[str | None, typer.Argument(help="A query, or - to read it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="File with the query.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE for $NAME in the query, several times; text in double quotes stays text."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write every row to this .parquet, .csv or .jsonl file instead.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
    limit: Annotated[
        int | None,
        typer.Option(help=f"Rows to print at most; {SHOWN:,} in a table, all in other formats.", min=1),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Seconds that a query may take.", min=0.1, max=1e6)] = 120.0,
    memory_gb: Annotated[float, typer.Option(help="Memory that a query may take (GB).", min=0.1, max=1024)] = 4.0,
    raw: Raw = False,
    profile: Profile = None,
    home: Home = None,
) -> None:
    """Query the published warehouse, read-only. Where rows are left out, that is said. Without a query: a shell.

    Examples:  tapewire sql "FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 5"   |   tapewire sql
    "FROM marts.candles WHERE asset = $asset" --param asset=BTC --out btc.parquet   |   tapewire sql
    """
    from dashboards.files.written import check_ending
    from dashboards.queries.limited import Limits

    limits = Limits(seconds, memory_gb)
    if query is None and file is None and sys.stdin.isatty():
        from dashboards.queries.shell import run_shell

        settings = settings_of(profile, None, home)
        with expected_errors():
            run_shell(settings.published, settings.folder / "sql_history", limits)
        return
    with wrong_usage():
        text, values = _query_text(query, file), _values(param or [])
        if out is not None:
            check_ending(out)
    settings = settings_of(profile, None, home)
    most = None if out is not None else limit or (SHOWN if output in (Format.table, Format.lines) else None)
    _answer(settings, text, values, limits, most=most, out=out, output=output, raw=raw)


def _answer(
    settings: "Settings", text: str, values: dict[str, object], limits: "Limits", *, most: int | None,
    out: Path | None, output: Format, raw: bool,
) -> None:  # fmt: skip
    """Print the rows of a query, or write them to a file, as they come."""
    import duckdb
    import polars as pl

    from dashboards.files.written import write_parts
    from dashboards.queries.limited import LimitedWarehouse, QueryLimitError, QueryRefusedError, limited_process
    from domain.files import partial_of

    def hang() -> None:
        print(f"tapewire: {limits.too_long} (--seconds)", file=sys.stderr, flush=True)
        if out is not None:
            partial_of(out).unlink(missing_ok=True)
        os._exit(1)

    with expected_errors():
        try:
            with LimitedWarehouse(settings.published, limits) as warehouse, limited_process(limits.memory_gb):
                parts = warehouse.frames(text, values, limit=None if most is None else most + 1, on_hang=hang)
                if out is not None:
                    print(f"{out}: {write_parts(parts, out, raw=raw):,} rows")
                    return
                left_out = _print_parts(parts, output, most, raw=raw)
        except BrokenPipeError:  # the reader of a pipe has seen enough
            os._exit(0)
        except MemoryError as error:
            print(f"tapewire: {limits.too_large} (--memory-gb)", file=sys.stderr)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(130) from error
        except pl.exceptions.PanicException as error:  # an infinite date, say
            print(f"tapewire: a value cannot be shown ({error}): cast its column to VARCHAR", file=sys.stderr)
            raise typer.Exit(1) from error
        except (duckdb.Error, QueryRefusedError, QueryLimitError, OSError) as error:
            hint = " (--seconds, --memory-gb)" if isinstance(error, QueryLimitError) else ""
            print(f"tapewire: {error}{hint}", file=sys.stderr)
            raise typer.Exit(1) from error
    if left_out:
        cut = f"only the first {most:,} rows are printed; there are more: give --limit, or --out FILE for all"
        print(f"tapewire: {cut}", file=sys.stderr)


def _print_parts(parts: "Iterator[pl.DataFrame]", output: Format, most: int | None, *, raw: bool) -> bool:
    """Print at most `most` rows; whether there are more."""
    import polars as pl

    from dashboards.files.written import is_wide, print_csv, print_json

    more = [False]

    def cut() -> "Iterator[pl.DataFrame]":
        room = most
        for part in parts:
            more[0] = more[0] or (room is not None and len(part) > room)
            yield part if room is None else part.head(room)
            room = None if room is None else max(room - len(part), 0)

    if output is Format.csv:
        print_csv(cut(), sys.stdout, raw=raw)
    elif output is Format.json:
        print_json(cut(), sys.stdout)
    else:
        frame = pl.concat(cut())
        print_frame(frame, output)
        if output is Format.table and sys.stdout.isatty() and is_wide(frame):
            print("tapewire: wider than the terminal: -f lines shows each row as lines", file=sys.stderr)
    return more[0]


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
    """Values of `name=value` by name: plain numbers, true and false, else text; in double quotes always text."""
    found: dict[str, object] = {}
    for given in param:
        name, sign, value = given.partition("=")
        if not sign or not name.isidentifier():
            raise ValueError(f"--param is NAME=VALUE such as asset=BTC, got {given!r}")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", text):
        return float(text)
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


def export(
    marts: Annotated[list[str] | None, typer.Argument(help="Marts to write; all where none is named.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("export"),
    output: Annotated[FileFormat, typer.Option("--format", "-f", help="Format of the files.")] = FileFormat.parquet,
    partition_by: Annotated[
        str | None, typer.Option(help="Column by whose values each mart is split into folders.")
    ] = None,
    raw: Raw = False,
    profile: Profile = None,
    home: Home = None,
) -> None:
    """Write marts of the published warehouse as files for other engines: Parquet, CSV, JSON lines, Delta tables.

    Examples:  tapewire export --out export   |   tapewire export candles candles_daily -f delta --partition-by asset
    """
    import duckdb

    from dashboards.files.export import ExportError, export_marts

    settings = settings_of(profile, None, home)
    with expected_errors():
        try:
            for done in export_marts(settings.published, out, output.value, marts or [], partition_by, raw=raw):
                print(f"{done.path}: {done.n_rows:,} rows")
        except ExportError as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(2) from error
        except (duckdb.Error, OSError) as error:
            print(f"tapewire: {error}", file=sys.stderr)
            raise typer.Exit(1) from error
