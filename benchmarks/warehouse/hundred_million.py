"""A hundred million candles: how long the pages' questions and the cookbook take on the published warehouse.

Takes a copy of a night's warehouse, adds simulated one-minute candles of invented assets until there are enough,
publishes it, and times every question of the pages (each in a fresh connection, the median of three) and every recipe.

    python -m benchmarks.warehouse.hundred_million --warehouse var/simulated/warehouse.duckdb --rows 100_000_000
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dashboards import questions
from dashboards.data import Published
from dashboards.headline import headlines
from dashboards.queries.cookbook import recipes
from dashboards.queries.limited import LimitedWarehouse
from dashboards.sheet import sheet_of_warehouse
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import STABLE_NAME, publish

PER_SYMBOL = 525_600  # minutes of a year
ADD = """
INSERT INTO core.candles_versions
SELECT 'simulated', 'M' || $n || '/USD', '1m', ts, ts + INTERVAL 1 MINUTE, 'M' || $n, 'USD', p, p * 1.001,
       p * 0.999, p * 1.0002, 1 + i % 97, 'simulated', true, 'benchmark', now(), 1, true
FROM (SELECT i, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_minutes(i) AS ts, 100 * exp(sin(i / 5000.0 + $n)) AS p
      FROM range($rows) r(i))
ORDER BY ts
"""
QUESTIONS: dict[str, Callable[[Published], object]] = {
    "overview: the market": questions.overview,
    "overview: closes of all fans": questions.recent_closes,
    "overview: signals": questions.signals,
    "overview: newest releases": questions.newest_releases,
    "overview: headlines": headlines,
    "market: bars of a year": lambda w: questions.days_of(w, "BTC", date(2024, 1, 1)),
    "market: ratio": lambda w: questions.ssr(w, date(2024, 1, 1)),
    "market: stablecoins": lambda w: questions.coins(w, date(2024, 1, 1)),
    "market: announcements": lambda w: questions.announcements(w, date(2024, 1, 1)),
    "market: fund premium": lambda w: questions.fund_premium(w, date(2024, 1, 1)),
    "forecasts: closes of one fan": lambda w: w.hourly_close("BTC", datetime(2025, 1, 1, tzinfo=UTC)),
    "forecasts: league": Published.league,
    "forecasts: live record": lambda w: questions.live_record(w, "BTC", 24),
    "releases: search": lambda w: w.releases("network", limit=300),
    "releases: candles around one": lambda w: w.candles_around("BTC", datetime(2024, 6, 3, 12, tzinfo=UTC)),
    "impact: paths": lambda w: w.mart("impact_paths"),
    "backtests: sheet": sheet_of_warehouse,
    "health: sources": lambda w: w.mart("sources"),
    "health: freshness": lambda w: w.mart("mart_freshness"),
    "health: catalogue": lambda w: w.mart("catalog"),
}


def build(night: Path, folder: Path, rows: int) -> Path:
    """A published warehouse of the night with `rows` more candles; its stable path."""
    path = Path(shutil.copy(night, folder / "warehouse.duckdb"))
    path.chmod(0o644)
    began = time.perf_counter()
    with closing(open_writer(path, memory_gb=8.0)) as con:
        migrate(con)
        for n in range(-(-rows // PER_SYMBOL)):
            con.execute(ADD, {"n": n, "rows": min(PER_SYMBOL, rows - n * PER_SYMBOL)})
        print(f"{rows:,} simulated candles added in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        published = publish(con, folder / "published", now=datetime.now(UTC))
        size = published.stat().st_size / 1e9
        print(f"published in {time.perf_counter() - began:.0f} s, {size:.1f} GB")
    path.unlink()
    return folder / "published" / STABLE_NAME


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True, help="the warehouse.duckdb of a night")
    parser.add_argument("--rows", type=int, default=100_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stable = build(args.warehouse, Path(folder), args.rows)
        slow = [("question", name, _median(stable, ask)) for name, ask in QUESTIONS.items()]
        slow += [("cookbook", recipe.name, _recipe(stable, recipe.sql)) for recipe in recipes()]
    frame = pl.DataFrame(slow, schema=["kind", "name", "seconds"], orient="row").sort("seconds", descending=True)
    with pl.Config(tbl_rows=-1, fmt_str_lengths=60):
        print(frame)
    for (kind,), part in frame.group_by("kind", maintain_order=True):
        worst, middle = part["seconds"].max(), part["seconds"].median()
        print(f"{kind}: {part.height}, slowest {worst:.2f} s, median {middle:.3f} s")


def _median(stable: Path, ask: Callable[[Published], object]) -> float:
    took = []
    for _ in range(3):
        with Published(stable) as warehouse:
            began = time.perf_counter()
            ask(warehouse)
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _recipe(stable: Path, text: str) -> float:
    with LimitedWarehouse(stable) as warehouse:
        began = time.perf_counter()
        for _ in warehouse.frames(text, {}, limit=1000, on_hang=lambda: None):
            pass
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
