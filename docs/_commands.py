"""Write a page per command from its help: `python docs/_commands.py` (make commands)."""

from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from pipelines.cli.app import app

FOLDER = Path(__file__).parent / "commands"
WIDTH = 100


def pages() -> dict[str, str]:
    """File name and text of every page."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    out = {"index.md": "# Commands\n\n```\n" + _help() + "```\n\n" + "".join(map(_line, commands))}
    for name in commands:
        out[f"{name}.md"] = (
            f"# tapewire {name}\n\nMade from the command's own help by `make commands`.\n\n```\n{_help(name)}```\n"
        )
    return out


def _line(name: str) -> str:
    return f"* [tapewire {name}]({name}.md)\n"


def _help(*words: str) -> str:
    """What the command says with --help, as wide as a page."""
    shown = CliRunner().invoke(
        app, [*words, "--help"], prog_name="tapewire", env={"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH)}
    )
    assert shown.exit_code == 0, shown.output
    return "\n".join(line.rstrip() for line in shown.stdout.splitlines()) + "\n"


def main() -> None:
    """Write the pages; pages of commands that are gone are removed."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for stale in {p.name for p in FOLDER.glob("*.md")} - set(made):
        (FOLDER / stale).unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
