"""Options that commands share, and settings from flags."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.settings.settings import Settings


Profile = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="'simulated', 'live', or the path of a TOML file.", show_default="simulated"),
]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Moment to look from, UTC, such as 2024-06-01T00:00:00Z.")]
Home = Annotated[str | None, typer.Option("--home", help="Folder that everything is kept in.", show_default="var")]


Raw = Annotated[bool, typer.Option("--raw", help="CSV with texts as they are, formulas of spreadsheets too.")]


class Format(StrEnum):
    """How `sql` prints."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"
    lines = "lines"


class FileFormat(StrEnum):
    """What `export` writes."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"
    delta = "delta"


def moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time; write 2024-06-01T00:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def settings_of(profile: str | None, as_of: str | None, home: str | None) -> "Settings":
    from pipelines.settings.load import load_settings
    from pipelines.settings.settings import SettingsError

    try:
        return load_settings(profile, as_of=moment(as_of) if as_of else None, home=home)
    except SettingsError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
