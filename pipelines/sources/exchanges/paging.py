"""Which spans of bars to ask for, and how to walk through an exchange's pages whatever their order and limits.

Times are integers in milliseconds. A span is (first open, last open), both included.
"""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sources.resume import Asked, Span

Rows = NDArray[np.float64]
Fetch = Callable[[int | None, int | None], Rows]


class Counted:
    """A fetch that counts the rows which it was given, so that each is accounted for."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.n_given = 0

    def __call__(self, since: int | None, until: int | None) -> Rows:
        rows = self._fetch(since, until)
        self.n_given += len(rows)
        return rows

    def left_out(self, n_kept: int) -> dict[str, int]:
        """What of the given rows is in no page, by reason."""
        return {"given twice, or outside the span that was asked for": self.n_given - n_kept}


def spans(opens: NDArray[np.int64], step: int) -> list[Span]:
    """The unbroken runs of bars among `opens` (any order, repeats allowed)."""
    opens = np.unique(opens)
    if not len(opens):
        return []
    breaks = np.flatnonzero(np.diff(opens) != step)
    firsts = opens[np.concatenate([[0], breaks + 1])]
    lasts = opens[np.concatenate([breaks, [len(opens) - 1]])]
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]


def holes(present: list[Span], first: int, last: int, step: int) -> list[Span]:
    """The spans of [first, last] in which no bar is present. `present` ascends."""
    out, cursor = [], first
    for a, b in present:
        if a > last:
            break
        if a > cursor:
            out.append((cursor, min(a - step, last)))
        cursor = max(cursor, b + step)
    if cursor <= last:
        out.append((cursor, last))
    return [(a, b) for a, b in out if a <= b]


def due(wanted: list[Span], asked: Asked, now: int, step: int) -> list[Span]:
    """The parts of `wanted` that are to be asked for (again).

    A missing bar that was requested without result is due once as much time has passed since as it was old then: soon
    at first, then ever more rarely, so that a gap that will never fill costs next to nothing. `asked` holds
    (first, last, asked at) of spans that stayed empty.
    """
    resting = [(a, min(b, 2 * at - now - 1)) for a, b, at in asked]
    resting = sorted((a, b) for a, b in resting if a <= b)
    out = []
    for a, b in wanted:
        out += holes([(x, y - (y - x) % step) for x, y in resting], a, b, step)
    return out


def joined(parts: list[Span], nearer_than: int) -> list[Span]:
    """Spans in ascending order, those joined that overlap or lie at most `nearer_than` (ms) from each other.

    With a bar's length that is their union; with a page's, one request serves where two would be made.
    """
    out: list[Span] = []
    for a, b in sorted(parts):
        if out and a - out[-1][1] <= nearer_than:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def walk(fetch: Fetch, first: int, last: int, step: int, limit: int) -> Iterator[Rows]:
    """Pages of rows with first ≤ open ≤ last, each ascending and without repeats.

    `fetch(since, until)` gives rows (column 0 is the open), in any order: the first ones from `since` on, or those of
    a window that starts there, or the newest ones whatever was asked. `limit` is the exchange's rows per page. A page
    that begins later than asked may have skipped rows: they are asked for by themselves. An empty page is stepped
    over, unless the newest row shows that nothing comes after it.
    """
    cursor, newest = first, None
    while cursor <= last:
        rows = _tidy(fetch(cursor, None), cursor, None)
        if len(rows):
            for page in [*between(fetch, cursor, int(rows[0, 0]) - step, step), rows]:
                inside = page[page[:, 0] <= last]
                if len(inside):
                    yield inside
            cursor = int(rows[-1, 0]) + step
            continue
        newest = _tidy(fetch(None, None), None, None) if newest is None else newest
        if len(newest) and newest[-1, 0] < cursor:
            return
        cursor += limit * step


def between(fetch: Fetch, first: int, last: int, step: int) -> list[Rows]:
    """Pages of [first, last], ascending, where `fetch` may begin at either end of what is asked.

    With a step of 1 ms it serves rows that come at irregular times.
    """
    pages, todo = [], [(first, last)]
    while todo:
        a, b = todo.pop()
        if a > b:
            continue
        rows = _tidy(fetch(a, b + step - 1), a, b)
        if len(rows):
            pages.append(rows)
            todo += [(a, int(rows[0, 0]) - step), (int(rows[-1, 0]) + step, b)]
    return sorted(pages, key=lambda page: float(page[0, 0]))


def _tidy(rows: Rows, first: int | None, last: int | None) -> Rows:
    """Rows inside [first, last], ascending; of rows with the same open the last given stands."""
    if first is not None:
        rows = rows[rows[:, 0] >= first]
    if last is not None:
        rows = rows[rows[:, 0] <= last]
    _, newest = np.unique(rows[::-1, 0], return_index=True)
    return rows[len(rows) - 1 - newest]


def as_utc(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64).cast(pl.Datetime("ms", "UTC")).dt.cast_time_unit("us")
