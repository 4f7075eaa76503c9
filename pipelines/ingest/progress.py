"""How an ingest says how far it is."""

import logging
from typing import Protocol

log = logging.getLogger("tapewire.ingest")


class Progress(Protocol):
    """Told how an ingest goes on."""

    def begin(self, n_parts: int) -> None:
        """So many parts are to come."""

    def page(self, part: str, n_rows: int) -> None:
        """A page of a part was written."""

    def end(self, line: str) -> None:
        """A part has ended, as the line says."""


class LogProgress:
    """A line in the log per part."""

    def __init__(self) -> None:
        self.done, self.of = 0, 0

    def begin(self, n_parts: int) -> None:
        """So many parts are to come."""
        self.of = n_parts

    def page(self, part: str, n_rows: int) -> None:
        """Pages make no lines."""

    def end(self, line: str) -> None:
        """One more part."""
        self.done += 1
        log.info("[%d/%d] %s", self.done, self.of, line)
