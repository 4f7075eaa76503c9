"""Flow: world to core. Each part of a source is one transaction; a part that fails costs its own data only."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.run import Run
from pipelines.sources.files import files
from pipelines.sources.simulated import SimulatedMarket
from pipelines.sources.source import Page, Part, SourceError
from warehouse.connect import transaction
from warehouse.quality import Finding, errors, run_checks
from warehouse.template import render
from warehouse.write import SchemaError, WriteResult, quarantine, write

log = logging.getLogger("tapewire.ingest")
KINDS = {
    "prices": ("candles", "funding"),
    "supply": ("supply", "asset_metrics"),
    "news": ("documents", "events"),
}


@dataclass(frozen=True)
class IngestResult:
    """What an ingest did: rows per entity, parts that delivered, parts that did not and why, findings of the checks."""

    writes: dict[str, WriteResult]
    delivered: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    @property
    def is_quiet(self) -> bool:
        """True where nothing was new or changed."""
        return all(w.is_quiet for w in self.writes.values())

    @property
    def exit_code(self) -> int:
        """0 complete, 3 with a source missing, 1 where nothing was delivered or integrity is broken."""
        if not self.delivered or errors(list(self.findings)):
            return 1
        return 3 if self.missing else 0


def parts(run: Run, kinds: tuple[str, ...] = ()) -> list[Part]:
    """The parts that the settings name; `kinds` (prices, supply, news) narrows files to those."""
    wanted = [shape for kind in kinds for shape in KINDS[kind]]
    out: list[Part] = []
    if run.settings.simulated.enabled:
        out.append(SimulatedMarket(run.settings.simulated.seed, run.as_of))
    out += [f for f in files(run.settings.files) if not wanted or f.table.shape in wanted]
    return out


def ingest(run: Run, kinds: tuple[str, ...] = (), report: Callable[[str], None] = log.info) -> IngestResult:
    """Write everything the sources have, then run the quality checks. Never raises for a source that fails."""
    writes: dict[str, WriteResult] = {}
    delivered: list[str] = []
    missing: list[tuple[str, str]] = []
    with run.open() as con:
        for part in parts(run, kinds):
            began = time.perf_counter()
            try:
                mine = _deliver(con, run, part)
            except (SourceError, SchemaError, OSError, pl.exceptions.PolarsError, duckdb.Error) as error:
                reason = str(error)
                missing.append((part.name, reason))
                report(f"{part.name}: nothing delivered: {reason}")
                _record_status(con, run, part.name, 0, reason, time.perf_counter() - began)
                continue
            rows = sum(w.new + w.changed + w.unchanged for w in mine.values())
            _record_status(con, run, part.name, rows, None, time.perf_counter() - began)
            delivered.append(part.name)
            for name, result in mine.items():
                writes[name] = writes[name] + result if name in writes else result
            report(f"{part.name}: {rows:,} rows in {time.perf_counter() - began:.1f} s")
        findings = run_checks(con, run_id=run.run_id, as_of=run.as_of, now=run.now)
    return IngestResult(writes, tuple(delivered), tuple(missing), tuple(findings))


def _deliver(con: duckdb.DuckDBPyConnection, run: Run, part: Part) -> dict[str, WriteResult]:
    """All pages of a part in one transaction: its data is there wholly or not at all."""
    results: dict[str, WriteResult] = {}
    with transaction(con):
        for page in part.pages():
            batch = run.batch(page.source, is_simulated=part.is_simulated, locator=page.locator)
            _keep_page(con, run, page)
            result = write(con, page.entity, page.frame, batch)
            early = quarantine(con, page.entity, page.refused, batch)
            result += WriteResult(page.entity.name, quarantined=early)
            known = results.get(page.entity.name)
            results[page.entity.name] = known + result if known else result
    return results


def _keep_page(con: duckdb.DuckDBPyConnection, run: Run, page: Page) -> None:
    con.execute(
        render("add_page"),
        {
            "page_hash": page.page_hash, "source": page.source, "locator": page.locator, "n_rows": page.frame.height,
            "n_bytes": page.n_bytes, "payload": page.payload, "now": run.now, "run_id": run.run_id,
        },
    )  # fmt: skip


def _record_status(
    con: duckdb.DuckDBPyConnection, run: Run, source: str, rows: int, reason: str | None, seconds: float
) -> None:
    con.execute(
        "INSERT INTO ops.source_status VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [run.run_id, source, reason is None, rows, reason, seconds, run.now],
    )
