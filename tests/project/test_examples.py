"""The examples run as they stand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipelines.ondemand.doctor import diagnose
from pipelines.settings.load import load_settings
from tests.dashboards.warehouse_rows import make_published

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
def test_the_event_study_of_two_tables_finds_what_was_planted(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(EXAMPLES / "event_study" / "run.sh"), str(tmp_path / "study")],
        env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "24 of 24 events measured on 1h bars" in done.stdout
    assert json.loads((tmp_path / "study" / "conclusions.json").read_text())
    moves = pl.read_parquet(tmp_path / "study" / "impact.parquet").filter(
        pl.col("window_h") == 1, pl.col("benchmark") == "reference_walk"
    )
    sizes = dict(moves.group_by("release_group").agg(pl.col("car").abs().mean()).iter_rows())
    assert 0.02 < sizes["real"] < 0.04 < sizes["generated"] < 0.06


@pytest.mark.slow
def test_the_published_warehouse_is_asked_from_python(tmp_path):
    published = make_published(tmp_path)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "query_published.py"), str(published)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "patch_transformer" in done.stdout
    assert "ssr" in done.stdout


def test_the_profile_of_files_is_one_that_works(data, tmp_path):
    settings = load_settings(str(EXAMPLES / "files.example.toml"), home=str(tmp_path), files={"root": str(data)})
    checks = {check.name: check for check in diagnose(settings)}
    files = [check for name, check in checks.items() if name.startswith("source") or "candles_1h" in name]
    assert files
    assert all(check.ok for check in files), [c for c in files if not c.ok]


@pytest.mark.slow
def test_the_notebook_of_a_morning_answers_its_five_questions_with_pictures(tmp_path):
    make_published(tmp_path)
    page = tmp_path / "morning.html"
    done = subprocess.run(
        [sys.executable, "-m", "marimo", "export", "html", str(EXAMPLES / "morning.py"), "-o", str(page)],
        env=os.environ | {"TAPEWIRE_PUBLISHED": str(tmp_path), "PYTHONPATH": str(EXAMPLES.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text()
    assert all(f"{number}. " in text for number in range(1, 6))
    assert text.count("Plotly") + text.count("plotly") >= 5
    assert "SIMULATED" in text
