"""Walking through pages and knowing what to ask for: properties that hold for any exchange."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.exchanges.paging import due, holes, joined, spans, walk

STEP = 1_000
bars_present = st.sets(st.integers(0, 120), max_size=100)


def rows_of(indices) -> np.ndarray:
    opens = np.array(sorted(indices), dtype=float) * STEP
    return np.column_stack([opens, *(opens + k for k in range(5))]) if len(opens) else np.empty((0, 6))


def exchange(present, style: str, limit: int, shuffle: int):
    """How exchanges answer: the first rows from since on, the rows of a window, the newest in a window, the newest."""
    everything, rng = rows_of(present), np.random.default_rng(shuffle)

    def fetch(since, until):
        rows = everything
        if style != "newest whatever":
            rows = rows if since is None else rows[rows[:, 0] >= since]
            rows = rows if until is None else rows[rows[:, 0] <= until]
        if style in ("window", "newest in window") and since is not None:
            rows = rows[rows[:, 0] < since + limit * STEP]
        oldest_first = style in ("first", "window") and since is not None
        kept = min(limit, 7) if style == "newest in window" else limit
        rows = rows[:kept] if oldest_first else rows[-kept:]
        repeated = np.concatenate([rows, rows[: len(rows) // 3]])
        return rng.permutation(repeated)

    return fetch


@settings(max_examples=300, deadline=None)
@given(bars_present, st.sampled_from(["first", "window", "newest in window"]), st.integers(3, 40), st.integers(0, 9),
       st.integers(0, 60), st.integers(60, 120))  # fmt: skip
def test_walking_finds_every_bar_once_in_order_however_the_exchange_pages(present, style, limit, shuffle, first, last):
    pages = list(walk(exchange(present, style, limit, shuffle), first * STEP, last * STEP, STEP, limit))
    got = np.concatenate(pages) if pages else np.empty((0, 6))
    np.testing.assert_array_equal(got, rows_of(i for i in present if first <= i <= last))


@settings(max_examples=100, deadline=None)
@given(bars_present, st.integers(3, 40), st.integers(0, 60))
def test_an_exchange_that_gives_its_newest_rows_only_gives_those_and_the_walk_ends(present, limit, first):
    pages = list(walk(exchange(present, "newest whatever", limit, 1), first * STEP, 120 * STEP, STEP, limit))
    got = np.concatenate(pages) if pages else np.empty((0, 6))
    newest = sorted(present)[-limit:]
    np.testing.assert_array_equal(got, rows_of(i for i in newest if i >= first))


@settings(max_examples=200, deadline=None)
@given(bars_present, st.integers(0, 60), st.integers(60, 120))
def test_holes_are_the_complement_of_what_is_present(present, first, last):
    runs = spans(np.array(sorted(present), dtype=np.int64) * STEP, STEP)
    missing = {i for a, b in holes(runs, first * STEP, last * STEP, STEP) for i in range(a // STEP, b // STEP + 1)}
    assert missing == set(range(first, last + 1)) - present


@settings(max_examples=200, deadline=None)
@given(bars_present, st.integers(1, 10))
def test_joining_near_spans_keeps_every_bar_and_asks_no_more_often(present, near):
    runs = spans(np.array(sorted(present), dtype=np.int64) * STEP, STEP)
    wide = joined(runs, near * STEP)
    assert len(wide) <= len(runs)
    assert all(any(a <= x <= y <= b for a, b in wide) for x, y in runs)
    assert joined(runs + runs[:1], STEP) == runs


def test_a_hole_is_asked_for_again_ever_more_rarely():
    hole, asked_at = (0, 9 * STEP), 10 * STEP
    assert due([hole], [], asked_at, STEP) == [hole]
    assert due([hole], [(*hole, asked_at)], asked_at, STEP) == []
    soon = due([hole], [(*hole, asked_at)], asked_at + 2 * STEP, STEP)
    assert soon == [(8 * STEP, 9 * STEP)], "its newest bars first"
    assert due([hole], [(*hole, asked_at)], asked_at + 10 * STEP, STEP) == [hole]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 100), st.integers(0, 300))
def test_what_rests_and_what_is_due_make_up_what_is_wanted(first, length, asked_after, later):
    hole = (first * STEP, (first + length) * STEP)
    asked_at = hole[1] + asked_after * STEP
    now = asked_at + later * STEP
    wanted = due([hole], [(*hole, asked_at)], now, STEP)
    bars = {i for a, b in wanted for i in range(a // STEP, b // STEP + 1)}
    assert bars == {i for i in range(first, first + length + 1) if now - asked_at >= asked_at - i * STEP}
