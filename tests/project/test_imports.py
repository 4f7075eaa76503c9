"""What a command loads: what it has to wait for before its first line."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED_AT_THE_END = """
import atexit, os, sys
HEAVY = ("torch", "pytorch_lightning", "transformers", "lightgbm", "sklearn", "pandas", "polars", "duckdb", "pydantic",
         "prefect", "streamlit", "plotly")
def tell():
    print("LOADED", *(name for name in HEAVY if name in sys.modules), flush=True)
leave = os._exit
os._exit = lambda code: (tell(), leave(code))  # the command leaves at once, without atexit
atexit.register(tell)
from pipelines.cli.app import main
main()
"""


def _loaded_by(*words: str) -> set[str]:
    """The heavy libraries that a process of `tapewire WORDS` has loaded when it ends well."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED_AT_THE_END, *words],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


def test_help_comes_without_loading_any_heavy_library():
    assert _loaded_by("--help") == set()


@pytest.mark.slow
def test_the_simulated_market_is_ingested_without_loading_torch_or_prefect(tmp_path):
    loaded = _loaded_by("ingest", "--profile", "simulated", "--home", str(tmp_path))
    assert {"polars", "duckdb"} <= loaded
    assert not loaded & {"torch", "pytorch_lightning", "transformers", "lightgbm", "prefect", "streamlit", "plotly"}
