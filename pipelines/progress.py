"""How long work says how far it is: bars where a person looks on, lines in the log elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn

log = logging.getLogger("tapewire.progress")
LOG_EVERY_S = 15.0
T = TypeVar("T")


def _bars(*columns: "ProgressColumn") -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    text = TextColumn("{task.description}")
    return Progress(text, BarColumn(), MofNCompleteColumn(), *columns, console=Console(stderr=True), transient=True)


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Takes how many are done, of how many."""
    if not sys.stderr.isatty():
        yield lambda done, total: log.info("%d of %d %s", done, total, what)
        return
    from rich.progress import TimeRemainingColumn

    with _bars(TimeRemainingColumn()) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def tracked(
    items: Iterable[T], what: str, total: int, *, size: Callable[[T], int] = lambda _: 1, every_s: float = LOG_EVERY_S
) -> Iterator[T]:
    """The items, counted by their `size` as they are worked on; a line in the log at most every `every_s` seconds."""
    with counted(what) as say:
        done, said = 0, time.perf_counter()
        for item in items:
            yield item
            done += size(item)
            if sys.stderr.isatty() or time.perf_counter() - said >= every_s:
                say(done, total)
                said = time.perf_counter()


class IngestProgress(Protocol):
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


class BarProgress:
    """Two bars: parts done, and rows of the part at work."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._parts = bars.add_task("parts", total=None)
        self._rows = bars.add_task("", total=None)
        self._seen: dict[str, int] = {}

    def begin(self, n_parts: int) -> None:
        """So many parts are to come."""
        self._bars.update(self._parts, total=n_parts)

    def page(self, part: str, n_rows: int) -> None:
        """More rows of a part."""
        self._seen[part] = self._seen.get(part, 0) + n_rows
        self._bars.update(self._rows, description=f"{part}: {self._seen[part]:,} rows")

    def end(self, line: str) -> None:
        """A part has ended."""
        self._bars.console.print(line, markup=False, highlight=False)
        self._bars.advance(self._parts)


@contextmanager
def ingest_progress() -> Iterator[IngestProgress]:
    """Bars or lines, whichever suits who looks on."""
    if not sys.stderr.isatty():
        yield LogProgress()
        return
    from rich.progress import TimeElapsedColumn

    with _bars(TimeElapsedColumn()) as bars:
        yield BarProgress(bars)
