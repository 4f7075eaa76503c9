"""Stretches that members leave out: nothing that decides is learned from, and no target crosses an edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotEnoughDataError
from models.forecast.network.spans import PURGE, SHARE, split, trust_after

spans = st.tuples(st.integers(0, 800), st.integers(384, 9000), st.integers(48, 500), st.integers(0, 9))


@given(spans)
def test_no_target_of_a_row_that_is_learned_from_overlaps_one_that_decides(drawn):
    first, length, stretch, member = drawn
    learns, checks = split(first, first + length, stretch).parts(member)
    covered = {name: np.zeros(len(learns) + PURGE + 1, dtype=int) for name in ("learn", "check")}
    for name, rows in (("learn", learns), ("check", checks)):
        for row in np.flatnonzero(rows):
            covered[name][row + 1 : row + 1 + PURGE] += 1
    assert not ((covered["learn"] > 0) & (covered["check"] > 0)).any()


@given(spans)
def test_targets_end_within_the_span_and_origins_begin_in_it(drawn):
    first, length, stretch, member = drawn
    for rows in split(first, first + length, stretch).parts(member):
        at = np.flatnonzero(rows)
        assert at.min() >= first
        assert at.max() + PURGE <= first + length


def test_each_member_leaves_out_about_an_eighth_and_eight_of_them_leave_out_everything_once():
    span = split(720, 720 + 64 * 336, 336)
    decides = [span.parts(member)[1] for member in range(SHARE)]
    assert sum(map(np.sum, decides)) == np.sum(np.any(decides, axis=0))
    for member in range(SHARE):
        assert 0.1 < decides[member].mean() * len(decides[member]) / (64 * 336) < 0.14


def test_the_newest_stretch_is_learned_from_by_most_members():
    span = split(0, 20_000, 336)
    last = span.end - 2 * PURGE
    assert sum(span.parts(member)[0][last] for member in range(4)) >= 3


def test_short_histories_get_short_stretches_and_too_short_ones_are_refused():
    assert split(0, 800, 336).stretch == 50
    assert split(0, 400, 336).stretch == 48
    with pytest.raises(NotEnoughDataError, match="383 hours up to the end of training are too few"):
        split(0, 383, 336)


def test_trust_in_networks_grows_with_what_they_learned_from():
    assert split(0, 6570, 336).trust == 0.5
    assert split(720, 720 + 3 * 6570, 336).trust == 0.9
    assert trust_after(0) == 0
