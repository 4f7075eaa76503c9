"""Flow: world to core. Each part is one transaction, or each of its pages where they stand by themselves.

A part that fails costs its own data only.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines.ingest.accounts import Account, record_accounts, shrunk
from pipelines.ingest.parts import parts
from pipelines.ingest.prefetch import Prefetch, prefetch
from pipelines.progress import IngestProgress, LogProgress
from pipelines.run import Run
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net
from pipelines.sources.source import Page, Part
from warehouse.checks.quality import Finding, errors, run_checks
from warehouse.conform import SchemaError
from warehouse.connect import transaction
from warehouse.template import render
from warehouse.write import WriteResult, quarantine, write

log = logging.getLogger("tapewire.ingest")


@dataclass(frozen=True)
class IngestResult:
    """What an ingest did: rows per entity, parts that delivered, parts that did not and why, findings of the checks.

    A part that came through with less than before is in both. `left_out`: rows per entity that are neither stored nor
    quarantined (reasons in ops.source_rows). `waited_s` of its `seconds` the writer stood waiting for the network.
    """

    writes: dict[str, WriteResult]
    delivered: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    seconds: float = 0.0
    waited_s: float = 0.0
    left_out: Mapping[str, int] = field(default_factory=dict)

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


class _Lease:
    """The warehouse, open while there is something to write and let go of while the network is waited for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: AbstractContextManager[duckdb.DuckDBPyConnection] | None = None
        self._con: duckdb.DuckDBPyConnection | None = None

    def con(self) -> duckdb.DuckDBPyConnection:
        """A connection, opened anew where it was let go. WarehouseBusyError where another run holds on to it."""
        if self._con is None:
            self._open = self._run.open()
            self._con = self._open.__enter__()
        return self._con

    def close(self) -> None:
        """Let go, so that another run can write."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._open = self._con = None


def ingest(run: Run, kinds: tuple[str, ...] = (), progress: IngestProgress | None = None) -> IngestResult:
    """Write everything the sources have, then run the quality checks. Never raises for a source that fails."""
    writes: dict[str, WriteResult] = {}
    left_out: Counter[str] = Counter()
    delivered: list[str] = []
    missing: list[tuple[str, str]] = []
    began_all = time.perf_counter()
    progress = progress or LogProgress()
    with closing(_Lease(run)) as lease, closing(Net(run.settings.network)) as net:
        todo = parts(run, lease.con(), net, kinds)
        progress.begin(len(todo))
        with prefetch(todo, run.settings.network.workers, lease.close) as ahead:
            for part in todo:
                began = time.perf_counter()
                accounts, reason = _deliver(lease, run, part, ahead, progress)
                mine = {name: a.written for name, a in accounts.items() if a.written is not None}
                rows = sum(w.new + w.changed + w.unchanged for w in mine.values())
                came_through = reason is None
                reason = reason or shrunk(lease.con(), run, part, accounts)
                seconds = time.perf_counter() - began
                _record_status(lease.con(), run, part.name, rows, reason, seconds)
                record_accounts(lease.con(), run, part.name, accounts)
                for name, result in mine.items():
                    writes[name] = writes[name] + result if name in writes else result
                left_out.update({name: a.left_out.total() for name, a in accounts.items()})
                if came_through:
                    delivered.append(part.name)
                if reason is None:
                    progress.end(f"{part.name}: {rows:,} rows in {seconds:.1f} s")
                else:
                    missing.append((part.name, reason))
                    progress.end(f"{part.name}: {f'only {rows:,} rows' if rows else 'nothing'} delivered: {reason}")
        findings = run_checks(lease.con(), run_id=run.run_id, as_of=run.as_of, now=run.now)
    return IngestResult(
        writes,
        tuple(delivered),
        tuple(missing),
        tuple(findings),
        time.perf_counter() - began_all,
        ahead.waited_s,
        left_out,
    )


def _deliver(
    lease: _Lease, run: Run, part: Part, ahead: Prefetch, progress: IngestProgress
) -> tuple[dict[str, Account], str | None]:
    """Write a part, wholly or page by page as it stands; its accounts by entity, and why it ended early if it did."""
    accounts: dict[str, Account] = {}
    try:
        with closing(ahead.pages(part)) as pages:
            for together in _transactions(part, pages):
                con = lease.con()
                with transaction(con):
                    for page in together:
                        _count(accounts, page, _write_page(con, run, part, page))
                        progress.page(part.name, page.frame.height)
    except (SourceError, SchemaError, OSError, pl.exceptions.PolarsError, duckdb.Error) as error:
        return (accounts if part.commits_by_page else {}), str(error)
    return accounts, _nothing_usable([a.written for a in accounts.values() if a.written is not None])


def _nothing_usable(written: list[WriteResult]) -> str | None:
    """Why a part that came through still delivered nothing: every row that it has was quarantined."""
    refused = sum(w.quarantined for w in written)
    if refused and not any(w.new or w.changed or w.unchanged for w in written):
        return f"all of its {refused:,} rows were quarantined: ops.quarantine says why"
    return None


def _transactions(part: Part, pages: Iterator[Page]) -> Iterator[Iterable[Page]]:
    """The pages of a part, grouped as they are to be written. No transaction waits for a network."""
    if part.commits_by_page:
        yield from ([page] for page in pages)
    else:
        yield list(pages) if part.is_remote else pages


def _write_page(con: duckdb.DuckDBPyConnection, run: Run, part: Part, page: Page) -> WriteResult:
    """What comes over a network was seen when it came, which can be long after the run began."""
    now = datetime.now(UTC).replace(microsecond=0) if part.is_remote else run.now
    batch = replace(run.batch(page.source, is_simulated=part.is_simulated, locator=page.locator), now=now)
    if page.entity.schema != "ops" and (page.frame.height or page.payload):
        _keep_page(con, run, page)
    result = write(con, page.entity, page.frame, batch, replace=page.replace or False)
    early = quarantine(con, page.entity, page.refused, batch)
    return result + WriteResult(page.entity.name, quarantined=early)


def _count(accounts: dict[str, Account], page: Page, written: WriteResult) -> None:
    """Add up what became of a page; what tapewire remembers for itself (ops) does not count."""
    if page.entity.schema != "ops":
        accounts.setdefault(page.entity.name, Account()).add(page, written)


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
        "INSERT INTO ops.source_status (run_id, source, delivered, n_rows, reason, seconds, checked_ts) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [run.run_id, source, reason is None, rows, reason, seconds, run.now],
    )
