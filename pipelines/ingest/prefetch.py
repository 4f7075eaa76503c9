"""Fetch ahead: remote parts are read by worker threads while the writer is busy with the parts before them."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

from pipelines.sources.errors import SourceError
from pipelines.sources.source import Page, Part

log = logging.getLogger("tapewire.ingest")
AHEAD = 2
CHECK_S = 0.2
PATIENCE_S = 1.0  # a writer that waits longer than this is reported
EXPECTED = (SourceError, OSError, pl.exceptions.PolarsError)
_END = object()


@dataclass
class _Shelf:
    """A few pages of one part, put there by a worker and taken by the writer."""

    pages: "queue.Queue[object]" = field(default_factory=lambda: queue.Queue(maxsize=AHEAD))
    dropped: bool = False


class Prefetch:
    """Pages of parts in the order of the parts; `waited_s` is the time that the writer stood waiting for them.

    `on_wait` is called when a wait grows long, so that the writer can let go of what others need.
    """

    def __init__(self, parts: list[Part], workers: int, on_wait: Callable[[], None] = lambda: None) -> None:
        self.waited_s = 0.0
        self._on_wait = on_wait
        self._stop = threading.Event()
        self._shelves: dict[int, _Shelf] = {}
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="tapewire-fetch")
        for part in parts:
            if part.is_remote:
                shelf = self._shelves[id(part)] = _Shelf()
                self._pool.submit(self._fill, part, shelf)

    def pages(self, part: Part) -> Generator[Page, None, None]:
        """The pages of one of the parts. Whatever its source raised is raised here."""
        shelf = self._shelves.get(id(part))
        if shelf is None:
            yield from safe_pages(part)
            return
        try:
            while (item := self._take(shelf)) is not _END:
                if isinstance(item, BaseException):
                    raise item
                assert isinstance(item, Page)
                yield item
        finally:  # a writer that gives the part up must not leave its worker waiting
            shelf.dropped = True

    def _take(self, shelf: _Shelf) -> object:
        """The next thing on the shelf. The wait is cut into short ones: an interrupt is seen between them."""
        began, reported = time.perf_counter(), False
        try:
            while True:
                try:
                    return shelf.pages.get(timeout=CHECK_S)
                except queue.Empty:
                    if not reported and time.perf_counter() - began > PATIENCE_S:
                        self._on_wait()
                        reported = True
        finally:
            self.waited_s += time.perf_counter() - began

    def _fill(self, part: Part, shelf: _Shelf) -> None:
        last: object = _END
        try:
            for page in safe_pages(part):
                if not self._put(shelf, page):
                    return
        except BaseException as error:  # handed to the writer, which decides
            last = error
        self._put(shelf, last)

    def _put(self, shelf: _Shelf, item: object) -> bool:
        while not (self._stop.is_set() or shelf.dropped):
            try:
                shelf.pages.put(item, timeout=CHECK_S)
                return True
            except queue.Full:
                continue
        return False

    def close(self) -> None:
        """Stop the workers. One in the middle of a request ends with it."""
        self._stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def safe_pages(part: Part) -> Generator[Page, None, None]:
    """The pages of a part, with an exception that no source should raise turned into a SourceError that names it.

    The world can answer in ways that a parser did not expect: that costs the part, never the others. The log has the
    traceback.
    """
    try:
        yield from part.pages()
    except EXPECTED:
        raise
    except Exception as error:
        log.exception("%s failed in a way that it should not", part.name)
        raise SourceError(f"{part.name} failed on what it was given ({type(error).__name__}: {error})") from error


@contextmanager
def prefetch(parts: list[Part], workers: int, on_wait: Callable[[], None]) -> Iterator[Prefetch]:
    """A Prefetch that is closed at the end, whatever happens."""
    ahead = Prefetch(parts, workers, on_wait)
    try:
        yield ahead
    finally:
        ahead.close()
