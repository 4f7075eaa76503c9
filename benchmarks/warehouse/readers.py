"""Twelve analysts read while thirty versions are published: no error, no torn read, and what the night pays for it.

Each reader is a process of its own that asks about once a second: it opens the stable path, holds what one version says
of itself together (the catalogue's count of candles against the candles, the run's profile), and reads the Parquet
folder of the same version. The publisher changes the warehouse and publishes it, first alone, then beside the readers.

    python -m benchmarks.warehouse.readers --warehouse var/simulated/warehouse.duckdb
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import publish

READER = """
import random, sys, time
from pathlib import Path
import polars as pl
from tapewire_client import open_published
folder, stop, n, versions = Path(sys.argv[1]), Path(sys.argv[2]), 0, set()
while not stop.exists():
    with open_published(folder) as tape:
        marks = {row[0] for row in tape.sql("SELECT DISTINCT profile FROM ops.runs").rows()}
        counted = tape.sql("SELECT n_rows FROM marts.catalog WHERE mart = 'candles'").rows()[0][0]
        there = tape.sql("SELECT count(*) FROM marts.candles").rows()[0][0]
        held = Path(tape.con.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[0][0])
        rows = pl.read_parquet(held.parent / "parquet" / "candles.parquet", columns=["asset"]).height
        assert len(marks) == 1 and counted == there == rows, (marks, counted, there, rows)
        versions |= marks
    n += 1
    time.sleep(random.uniform(0.5, 1.5))
print(n, len(versions))
"""


DROP_NEWEST = """
DELETE FROM core.candles_versions WHERE event_ts = (SELECT max(event_ts) FROM core.candles_versions)
"""


def publications(con: object, folder: Path, number: int, first: int) -> list[float]:
    """Seconds of each publication of a changed warehouse."""
    took = []
    for i in range(first, first + number):
        con.execute("UPDATE ops.runs SET profile = $1", [f"version-{i}"])
        con.execute(
            "DELETE FROM core.candles_versions WHERE event_ts = (SELECT max(event_ts) FROM core.candles_versions)"
        )
        began = time.perf_counter()
        publish(con, folder, now=datetime.now(UTC), keep=5, parquet=True)
        took.append(time.perf_counter() - began)
    return took


def main() -> None:
    """Publish alone, then beside the readers; print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True, help="the warehouse.duckdb of a night")
    parser.add_argument("--readers", type=int, default=12)
    parser.add_argument("--publications", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        path = Path(shutil.copy(args.warehouse, Path(home) / "warehouse.duckdb"))
        folder, stop = Path(home) / "published", Path(home) / "stop"
        with closing(open_writer(path)) as con:
            migrate(con)
            alone = publications(con, folder, 5, 0)
            readers = [
                subprocess.Popen([sys.executable, "-c", READER, str(folder), str(stop)], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
                for _ in range(args.readers)
            ]  # fmt: skip
            time.sleep(3)
            beside = publications(con, folder, args.publications, 5)
            stop.touch()
        told = [reader.communicate() for reader in readers]
    failed = [err for (_, err), reader in zip(told, readers, strict=True) if reader.returncode]
    reads = [tuple(map(int, out.split())) for out, _ in told if out]
    n_reads, seen = sum(n for n, _ in reads), min((v for _, v in reads), default=0)
    print(
        f"{args.readers} readers, {args.publications} publications: {n_reads:,} reads, {seen} versions or more seen by"
    )
    print(f"each, {len(failed)} readers failed")
    print(f"seconds a publication: alone {sum(alone) / len(alone):.2f}, beside them {sum(beside) / len(beside):.2f}")
    for err in failed[:2]:
        print(err)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
