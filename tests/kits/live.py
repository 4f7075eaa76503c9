"""A desk for the tests of live sources: settings that point at local servers, runs, what the warehouse then holds."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import run as runs
from pipelines.ingest.ingest import IngestResult, ingest
from pipelines.settings.settings import Settings
from warehouse.connect import open_writer

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
QUICK: dict[str, Any] = {"timeout_s": 1.5, "backoff_s": 0.01, "max_wait_s": 3.0, "breaker_s": 0.3, "max_mb": 8.0}


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


@dataclass
class Desk:
    """A home in a temporary folder."""

    home: Path

    def settings(self, *, network: dict[str, Any] | None = None, **sources: Any) -> Settings:
        return Settings(profile="desk", home=self.home, network=QUICK | (network or {}), **sources)

    def ingest(self, *, network: dict[str, Any] | None = None, **sources: Any) -> IngestResult:
        run = runs.start(self.settings(network=network, **sources), "ingest")
        return ingest(run)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(open_writer(self.settings().warehouse)) as con:
            return con.execute(query).fetchall()
