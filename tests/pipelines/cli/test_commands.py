"""What a user types: help, wrong usage, a night without anything."""

from typer.testing import CliRunner

from pipelines.cli.app import app
from tests.kits.command import plain_night, tapewire


def test_a_night_without_any_source_publishes_nothing_and_fails(tmp_path):
    (tmp_path / "p.toml").write_text('[[files.tables]]\npath = "nowhere.csv"\nshape = "candles"\n')
    done = plain_night(tmp_path, profile=str(tmp_path / "p.toml"))
    assert done.returncode == 1
    assert "NOT PUBLISHED: no source delivered" in done.stdout
    assert not (tmp_path / "p/published").exists()


def test_wrong_usage_has_exit_code_2(tmp_path):
    for words in (
        ["nightly", "--profile", "nowhere.toml"],
        ["nightly", "--as-of", "soon"],
        ["nightly", "--colour", "red"],
    ):
        assert tapewire(*words, "--home", str(tmp_path)).returncode == 2, words


def test_every_command_has_help_with_an_example():
    names = ["nightly", "ingest", "train", "forecast", "evaluate", "impact", "backtest", "report", "dashboard", "sql",
             "marts", "status", "doctor", "publish"]  # fmt: skip
    for name in names:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0
        assert "Example" in result.output, name
