"""The idempotent write path against a bare DuckDB insert of the same frame, side by side in one run.

    python -m benchmarks.warehouse.write_path --rows 10000000

First load, full re-load (nothing changes), and a re-load in which 1 % of the rows are revised. The bare insert is the
best of three, so that a cold start does not flatter us. Ratios are what counts: machines differ.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from warehouse.connect import open_writer, transaction
from warehouse.migrate import migrate
from warehouse.schema.market import CANDLES
from warehouse.write import Batch, WriteResult, write

SYMBOLS = 200


def candles(rows: int) -> pl.DataFrame:
    """Minute candles of SYMBOLS markets, in the order in which a backfill delivers them."""
    per = rows // SYMBOLS
    start = datetime(2020, 1, 1, tzinfo=UTC)
    ts = pl.datetime_range(start, start + timedelta(minutes=per - 1), "1m", time_unit="us", eager=True)
    walk = 100 + (pl.int_range(per, eager=True) % 997) / 100
    one = pl.DataFrame({"event_ts": ts, "open_quote": walk, "close_quote": walk + 0.1}).with_columns(
        available_ts=pl.col("event_ts") + timedelta(minutes=1), high_quote=pl.col("close_quote") + 0.2,
        low_quote=pl.col("open_quote") - 0.2, volume_base=pl.col("open_quote") * 3,
        exchange=pl.lit("bench"), timeframe=pl.lit("1m"), quote=pl.lit("USDT"),
    )  # fmt: skip
    names = [f"A{i:03d}" for i in range(SYMBOLS)]
    return pl.concat(one.with_columns(asset=pl.lit(n), symbol=pl.lit(f"{n}/USDT")) for n in names)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result of `work`."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def bare_insert(folder: Path, frame: pl.DataFrame) -> float:
    """Seconds of CREATE TABLE AS SELECT of the same frame into a new file."""
    (folder / "bare.duckdb").unlink(missing_ok=True)
    con = duckdb.connect(str(folder / "bare.duckdb"))
    con.execute("SET TimeZone = 'UTC'; SET threads = 2")
    con.register("frame", frame)
    seconds, _ = timed(lambda: con.execute("CREATE TABLE candles AS SELECT * FROM frame"))
    con.close()
    return seconds


def main() -> None:
    """Print rows per second and ratios as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    args = parser.parse_args()
    frame = candles(args.rows)
    revised = frame.with_columns(
        volume_base=pl.when(pl.int_range(pl.len()) % 100 == 0).then(pl.col("volume_base") + 1).otherwise("volume_base")
    )
    with tempfile.TemporaryDirectory() as folder:
        bare = min(bare_insert(Path(folder), frame) for _ in range(3))
        con = open_writer(Path(folder) / "warehouse.duckdb", threads=2, memory_gb=8)
        migrate(con)
        out: dict[str, object] = {"rows": frame.height, "bare_insert_s": round(bare, 2)}
        for name, rows in (("first_load", frame), ("reload_unchanged", frame), ("reload_1pct_revised", revised)):
            seconds, result = timed(lambda rows=rows: _write(con, rows))  # type: ignore[misc]
            assert isinstance(result, WriteResult)
            out[name] = {
                "seconds": round(seconds, 2),
                "rows_per_s": round(frame.height / seconds),
                "ratio_to_bare_insert": round(seconds / bare, 2),
                "new": result.new,
                "changed": result.changed,
                "unchanged": result.unchanged,
            }
        con.close()
        out["file_mb"] = round((Path(folder) / "warehouse.duckdb").stat().st_size / 1e6)
        out["bare_file_mb"] = round((Path(folder) / "bare.duckdb").stat().st_size / 1e6)
    out["peak_rss_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1)
    print(json.dumps(out, indent=1))


def _write(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> WriteResult:
    with transaction(con):
        return write(con, CANDLES, rows, Batch("bench", datetime.now(UTC), "bench", False))


if __name__ == "__main__":
    main()
