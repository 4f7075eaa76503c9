"""A run: its id, its moment, its warehouse, and the memory of stages that are done."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb

from pipelines.settings.settings import Settings
from warehouse import read
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.write import Batch

PACKAGES = ("domain", "features", "models", "warehouse", "pipelines")


@dataclass
class Run:
    """One run of a flow or command. Every moment it writes as wall clock is `now`, taken when it started.

    `exit_code` is what it ends with when nothing is raised.
    """

    settings: Settings
    run_id: str
    now: datetime
    as_of: datetime
    exit_code: int = 0

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, migrated and open to write."""
        s = self.settings
        con = open_writer(s.warehouse, threads=s.threads, memory_gb=s.memory_gb, wait_s=s.wait_for_writer_s)
        try:
            migrate(con)
            yield con
        finally:
            con.close()

    def batch(self, source: str, *, is_simulated: bool | None = None, locator: str = "") -> Batch:
        """What the rows of a write have in common."""
        simulated = self.settings.simulated.enabled if is_simulated is None else is_simulated
        return Batch(self.run_id, self.now, source, simulated, locator)


def start(settings: Settings, flow: str) -> Run:
    """Begin a run and record it; `recorded_run` also records its end."""
    now = datetime.now(UTC).replace(microsecond=0)
    token = hashlib.sha256(f"{time.time_ns()}{os.getpid()}".encode()).hexdigest()[:6]
    run = Run(settings, f"{now:%Y%m%dT%H%M%S}-{token}", now, settings.moment())
    with run.open() as con:
        con.execute(
            "INSERT INTO ops.runs (run_id, flow, profile, as_of_ts, started_ts, status, code_fingerprint, settings, "
            "is_simulated) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8)",
            [run.run_id, flow, settings.profile, run.as_of, now, code_fingerprint(),
             settings.redacted(), settings.simulated.enabled],
        )  # fmt: skip
    return run


STATUS = {0: "complete", 3: "complete with a source missing"}


def record_end(run: Run, exit_code: int) -> None:
    """Record how a run ended."""
    with run.open() as con:
        con.execute(
            "UPDATE ops.runs SET finished_ts = $1, status = $2, exit_code = $3 WHERE run_id = $4",
            [datetime.now(UTC), STATUS.get(exit_code, "failed"), exit_code, run.run_id],
        )


@contextmanager
def recorded_run(settings: Settings, flow: str) -> Iterator[Run]:
    """A run that is recorded when it begins and when it ends: with its `exit_code`, or as failed where it raises."""
    run = start(settings, flow)
    code = 1
    try:
        yield run
        code = run.exit_code
    finally:
        record_end(run, code)


@cache
def code_fingerprint() -> str:
    """A hash of every source file that results depend on."""
    root = Path(__file__).parent.parent
    h = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".sql", ".toml"):
                h.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return h.hexdigest()[:16]


def fingerprint(con: duckdb.DuckDBPyConnection, run: Run, stage: str, entities: tuple[str, ...], *parts: object) -> str:
    """What the result of a stage depends on: rows of core as of the run's moment, settings, code, threads."""
    rows = [read.fingerprint(con, e, run.as_of) for e in entities]
    depends_on = [
        stage,
        run.as_of.isoformat(),
        run.settings.seed,
        run.settings.threads,
        code_fingerprint(),
        *map(repr, parts),
    ]
    return hashlib.sha256(json.dumps([rows, depends_on]).encode()).hexdigest()[:32]


def is_done(con: duckdb.DuckDBPyConnection, stage: str, mark: str) -> bool:
    """Whether the stage's last result is of this fingerprint."""
    last = con.execute(
        "SELECT fingerprint FROM ops.stages WHERE stage = $1 ORDER BY finished_ts DESC LIMIT 1", [stage]
    ).fetchall()
    return bool(last) and last[0][0] == mark


def forget(con: duckdb.DuckDBPyConnection, stage: str) -> None:
    """No longer take the stage for done."""
    con.execute("DELETE FROM ops.stages WHERE stage = $1", [stage])


def mark_done(con: duckdb.DuckDBPyConnection, run: Run, stage: str, mark: str, seconds: float, note: str) -> None:
    """Remember that the stage was done."""
    con.execute(
        "INSERT INTO ops.stages (stage, fingerprint, run_id, finished_ts, seconds, note) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        [stage, mark, run.run_id, datetime.now(UTC), seconds, note],
    )
