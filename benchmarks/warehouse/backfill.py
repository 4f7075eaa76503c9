"""Backfill of hourly candles from a local Binance, beside a plain ccxt loop over the same pages.

    python -m benchmarks.warehouse.backfill [--symbols 20] [--since 2020-01-01] [--latency 0.05]

The server runs in a process of its own and answers after `latency` seconds. tapewire fetches, validates and writes to
DuckDB; the loop fetches with an async ccxt client, one symbol after the other, and keeps the rows in memory. Both obey
ccxt's rate limit for Binance. Printed: rows per second of both and their ratio, where tapewire's time went, and peak
memory of its process, for all symbols and for a quarter of them. All candles are simulated.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

END = datetime(2025, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000


def serve(symbols: list[str], since: datetime, latency_s: float, told: Any) -> None:
    """A local Binance until the process is ended."""
    from tests.providers.binance import Binance
    from tests.providers.candles import market
    from tests.providers.server import LocalServer

    start, end = (int(t.timestamp() * 1000) for t in (since, END))
    n = (end - start) // HOUR_MS
    exchange = Binance({s: market(n, seed=i, start_ms=start) for i, s in enumerate(symbols)}, now_ms=lambda: end)
    with LocalServer(exchange, latency_s=latency_s) as server:
        told.put(server.url)
        time.sleep(3600)


def backfill(symbols: list[str], since: datetime, url: str, told: Any) -> None:
    """tapewire: into a warehouse."""
    from pipelines import run as runs
    from pipelines.ingest.ingest import ingest
    from pipelines.settings.settings import Settings

    with tempfile.TemporaryDirectory() as home:
        source = {"id": "binance", "symbols": symbols, "since": since, "base_url": url}
        settings = Settings(profile="benchmark", home=Path(home), exchanges=[source])
        run = runs.start(settings, "backfill")
        began = time.perf_counter()
        result = ingest(run)
        seconds = time.perf_counter() - began
    told.put({
        "rows": result.writes["candles"].new, "seconds": round(seconds, 1), "waiting_s": round(result.waited_s, 1),
        "working_s": round(seconds - result.waited_s, 1), "missing": result.missing, "peak_mb": peak_mb(),
    })  # fmt: skip


def plain_loop(symbols: list[str], since: datetime, url: str, told: Any) -> None:
    """A plain ccxt loop: into memory."""

    async def fetch_all() -> int:
        import ccxt.async_support as ccxt

        from tests.providers.clients import point_at

        exchange = point_at(ccxt.binance({"options": {"fetchMarkets": {"types": ["spot"]}}}), url)
        rows: list[list[float]] = []
        for symbol in symbols:
            cursor = int(since.timestamp() * 1000)
            while page := await exchange.fetch_ohlcv(symbol, "1h", cursor, 1000):
                rows += page
                cursor = int(page[-1][0]) + HOUR_MS
        await exchange.close()
        return len(rows)

    began = time.perf_counter()
    n = asyncio.run(fetch_all())
    told.put({"rows": n, "seconds": round(time.perf_counter() - began, 1), "peak_mb": peak_mb()})


def peak_mb() -> int:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(work: Any, *args: Any) -> dict[str, Any]:
    """What `work` tells, from a process of its own."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    worker = context.Process(target=work, args=(*args, told))
    worker.start()
    answer = told.get(timeout=1800)
    worker.join()
    return answer | {"rows_per_s": round(answer["rows"] / answer["seconds"])}


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--since", default="2020-01-01")
    parser.add_argument("--latency", type=float, default=0.05)
    args = parser.parse_args()
    since = datetime.fromisoformat(args.since).replace(tzinfo=UTC)
    symbols = [f"A{i:02}/USDT" for i in range(args.symbols)]
    context = multiprocessing.get_context("spawn")
    address = context.Queue()
    server = context.Process(target=serve, args=(symbols, since, args.latency, address), daemon=True)
    server.start()
    url = address.get(timeout=120)
    quarter = measure(backfill, symbols[: max(1, args.symbols // 4)], since, url)
    ours = measure(backfill, symbols, since, url)
    theirs = measure(plain_loop, symbols, since, url)
    server.terminate()
    ratio = round(ours["rows_per_s"] / theirs["rows_per_s"], 2)
    print(json.dumps({
        "latency_s": args.latency, "tapewire": ours, "tapewire, a quarter of the symbols": quarter,
        "plain ccxt loop": theirs, "rows per second, tapewire / plain loop": ratio,
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
