"""Shared fixtures: a migrated warehouse in memory, moments, frames of candles, and the real data where it is."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers on two cores: threads of one would wait for the other's

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from features.candles import Bars
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.write import Batch

SHARED = Path(__file__).parent.parent.parent / "shared"
NOW = datetime(2025, 1, 2, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are slow as a whole first, so that at the end no worker waits for a long one."""
    fast = {item.path for item in items if not (item.get_closest_marker("slow") or item.get_closest_marker("browser"))}
    items.sort(key=lambda item: item.path in fast)


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a warehouse as its declarations build it: copied, so that not every test builds its own."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with closing(open_writer(path)) as con:
        migrate(con)
    return path


@pytest.fixture
def con(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    copied = Path(shutil.copy(empty_warehouse, tmp_path_factory.mktemp("con")))
    with closing(open_writer(copied)) as connection:
        yield connection
    copied.unlink()


@pytest.fixture
def batch() -> Batch:
    return Batch("run-1", NOW, "test", is_simulated=False)


@pytest.fixture(scope="session")
def data() -> Path:
    """The real market data; tests that want it are skipped where it is absent."""
    if not (SHARED / "data" / "candles_1h.parquet").exists():
        pytest.skip("the real market data is not on this machine")
    return SHARED / "data"


@pytest.fixture(scope="session")
def reference() -> Path:
    """Reference values of statistics; tests that want them are skipped where they are absent."""
    if not (SHARED / "reference" / "eventstudy").exists():
        pytest.skip("the reference values are not on this machine")
    return SHARED / "reference"


def candle_rows(n: int = 10, asset: str = "BTC", start: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> pl.DataFrame:
    """Rows of core.candles: n hourly bars of one market."""
    ts = [start + timedelta(hours=i) for i in range(n)]
    price = [100.0 + i for i in range(n)]
    return pl.DataFrame(
        {
            "exchange": ["binance"] * n, "symbol": [f"{asset}/USDT"] * n, "timeframe": ["1h"] * n, "event_ts": ts,
            "available_ts": [t + timedelta(hours=1) for t in ts], "asset": [asset] * n, "quote": ["USDT"] * n,
            "open_quote": price, "high_quote": [p + 2 for p in price], "low_quote": [p - 2 for p in price],
            "close_quote": [p + 1 for p in price], "volume_base": [5.0] * n,
        },
        schema_overrides={"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")},
    )  # fmt: skip


def random_bars(
    n: int = 2000, assets: tuple[str, ...] = ("AAA", "BTC", "CCC"), seed: int = 1, gaps: bool = True
) -> Bars:
    """Hourly bars of random walks, with a few gaps, from Monday 2024-01-01 00:00 on."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(4, (n, 1)) * 0.004
    returns = market + rng.standard_t(4, (n, len(assets))) * 0.005
    close = 100 * np.exp(np.cumsum(returns, axis=0))
    open_ = close * np.exp(-returns)
    high = np.maximum(open_, close) * (1 + 0.002 * rng.random(close.shape))
    low = np.minimum(open_, close) * (1 - 0.002 * rng.random(close.shape))
    volume = rng.lognormal(3, 0.5, close.shape)
    if gaps:
        hole = rng.random(close.shape) < 0.01
        for grid in (open_, high, low, close, volume):
            grid[hole] = np.nan
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(n) * np.timedelta64(3600, "s")
    return Bars(assets, "1h", ts, open_, high, low, close, volume)
