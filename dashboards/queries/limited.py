"""A user's own query: one statement that reads, within limits of time and memory, and nothing outside the warehouse.

Time ends a query by an interrupt; what does not heed it ends with its process. Memory is limited twice: DuckDB's own
buffers by its setting (nothing is spilled to disk), everything else of the process by the operating system.
"""

import resource
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dashboards.files.written import BATCH_ROWS
from dashboards.open import OpenWarehouse

GRACE_S = 3.0  # between the interrupt and the end of the process
UNSHOWABLE = ("INTERVAL", "BIT", "UNION", "VARIANT", "GEOMETRY")  # types that frames lack: shown as DuckDB writes them
READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


class QueryRefusedError(ValueError):
    """A query that is none, that is more than one, or that does more than read."""


class QueryLimitError(RuntimeError):
    """A query that took more time or memory than it may."""


@dataclass(frozen=True)
class Limits:
    """What a query may take: seconds of wall time, and memory."""

    seconds: float = 60.0
    memory_gb: float = 2.0

    @property
    def too_long(self) -> str:
        """What is said of a query that took too much time."""
        return f"the query was ended after {self.seconds:g} s: narrow it, or allow more time"

    @property
    def too_large(self) -> str:
        """What is said of a query that took too much memory."""
        return f"the query needed more than {self.memory_gb:g} GB of memory: narrow it, or allow more"


def check_query(text: str) -> None:
    """QueryRefusedError unless the text is one statement that reads."""
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise QueryRefusedError(str(error)) from error
    if len(statements) != 1:
        raise QueryRefusedError(f"one query is expected, got {len(statements) or 'none'}")
    try:
        kind = statements[0].type
    except ValueError as error:  # a kind that the binding has no name for, and no query
        raise QueryRefusedError("this statement is no query: only SELECT, FROM, WITH, DESCRIBE … are") from error
    if kind not in READS and not _is_pivot(statements[0]):
        raise QueryRefusedError(f"a {kind.name} statement is no query: only SELECT, FROM, WITH, DESCRIBE … are")


def _is_pivot(statement: Any) -> bool:
    """PIVOT without its values given: DuckDB asks for them first, then reads."""
    return bool(statement.type == duckdb.StatementType.MULTI) and "pivot" in statement.query.lower()


@contextmanager
def limited_process(memory_gb: float) -> Iterator[None]:
    """Let this process take so much memory beyond what it has now and no more, while the block runs."""
    status = Path("/proc/self/status")
    if not status.exists():  # elsewhere than on Linux DuckDB's own limit stands alone
        yield
        return
    held = next(int(line.split()[1]) << 10 for line in status.read_text().splitlines() if line.startswith("VmData"))
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + int((memory_gb + 0.5) * (1 << 30))
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))


@dataclass
class LimitedWarehouse:
    """A published warehouse that answers users' queries within limits; a context manager."""

    path: Path
    limits: Limits = field(default_factory=Limits)
    threads: int = 2

    def __post_init__(self) -> None:
        self._open = OpenWarehouse(self.path, threads=self.threads, memory_gb=self.limits.memory_gb)

    def __enter__(self) -> "LimitedWarehouse":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def frames(
        self, text: str, params: dict[str, Any], *, limit: int | None, on_hang: Callable[[], None]
    ) -> Iterator[pl.DataFrame]:
        """The rows of a query in parts, at least one, at most `limit` rows together.

        QueryRefusedError, QueryLimitError, duckdb.Error. `on_hang` is called where the query does not heed the
        interrupt.
        """
        check_query(text)
        con = self._open.con
        with _Clock(con, self.limits, on_hang) as clock:
            relation = con.sql(text, params=params or None)
            if relation is None:
                raise QueryRefusedError("the statement gives no rows")
            shown = _showable(relation)
            reader = (shown if limit is None else shown.limit(limit)).to_arrow_reader(BATCH_ROWS)
            with clock.stopped():
                yield _frame(reader.schema.empty_table())
            for batch in reader:
                with clock.stopped():
                    yield _frame(batch)


def _frame(part: Any) -> pl.DataFrame:
    frame = pl.from_arrow(part)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _showable(relation: Any) -> Any:
    """The relation with columns of types that frames lack as text."""
    if not any(_is_strange(str(kind)) for kind in relation.types):
        return relation
    columns = []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        column = duckdb.ColumnExpression(name)
        columns.append(column.cast("VARCHAR").alias(name) if _is_strange(str(kind)) else column)
    return relation.select(*columns)


def _is_strange(kind: str) -> bool:
    return any(word in kind for word in UNSHOWABLE)


class _Clock:
    """Interrupts a connection when a query's time is up or at Ctrl-C, and calls `on_hang` where it does not heed that.

    Only the query's own time counts: the clock stands while its reader is at work. Python sees no signal while DuckDB
    runs, so a byte that the system's own handler writes (`signal.set_wakeup_fd`) tells of Ctrl-C.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, limits: Limits, on_hang: Callable[[], None]) -> None:
        self._con, self._limits, self._on_hang = con, limits, on_hang
        self._spent, self._running_since = 0.0, time.monotonic()
        self._is_running, self._over = True, threading.Event()
        self._why = ""
        self._told, self._tells = socket.socketpair()
        self._tells.setblocking(False)
        self._wakeup: int | None = None

    def __enter__(self) -> "_Clock":
        if threading.current_thread() is threading.main_thread():
            self._wakeup = signal.set_wakeup_fd(self._tells.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._over.set()
        if self._wakeup is not None:
            signal.set_wakeup_fd(self._wakeup)
        self._tells.close()
        if error is None or isinstance(error, GeneratorExit | KeyboardInterrupt | QueryRefusedError):
            return
        if self._why == "ctrl-c":
            raise KeyboardInterrupt from error
        if self._why == "late" or isinstance(error, duckdb.InterruptException):
            raise QueryLimitError(self._limits.too_long) from error
        told = str(error)
        if isinstance(error, MemoryError) or any(word in told for word in ("Out of Memory", "bad_alloc")):
            raise QueryLimitError(self._limits.too_large) from error

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The time inside the block is not the query's."""
        self._spent += time.monotonic() - self._running_since
        self._is_running = False
        try:
            yield
        finally:
            self._running_since = time.monotonic()
            self._is_running = True

    def _left(self) -> float:
        running = time.monotonic() - self._running_since if self._is_running else 0.0
        return self._limits.seconds - self._spent - running

    def _watch(self) -> None:
        with self._told:
            while not self._over.is_set():
                if select.select([self._told], [], [], min(max(self._left(), 0.01), 0.2))[0]:
                    if signal.SIGINT not in self._told.recv(64):
                        continue
                    self._why = "ctrl-c"
                elif self._left() > 0:
                    continue
                self._why = self._why or "late"
                self._con.interrupt()
                if not self._over.wait(GRACE_S) and self._is_running:
                    self._on_hang()
