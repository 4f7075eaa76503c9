"""What a command loads: what it has to wait for before its first line."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

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


def test_candles_are_ingested_without_loading_torch_or_prefect(tmp_path):
    days = pl.datetime_range(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), "1d", eager=True)
    candles = pl.DataFrame({"ts": days}).with_columns(
        pl.lit("binance").alias("exchange"), pl.lit("BTC/USDT").alias("symbol"), pl.lit("1d").alias("timeframe"),
        *(pl.lit(100.0).alias(column) for column in ("open", "high", "low", "close", "volume")),
    )  # fmt: skip
    candles.write_csv(tmp_path / "candles.csv")
    profile = tmp_path / "files.toml"
    profile.write_text(f'[files]\nroot = "{tmp_path}"\n[[files.tables]]\npath = "candles.csv"\nshape = "candles"\n')
    loaded = _loaded_by("ingest", "-p", str(profile), "--home", str(tmp_path / "home"))
    assert {"polars", "duckdb"} <= loaded
    assert not loaded & {"torch", "pytorch_lightning", "transformers", "lightgbm", "prefect", "streamlit", "plotly"}
