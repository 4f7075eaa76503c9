"""Which rows a network learns from, and which decide when its training ends.

Each member of an ensemble leaves out stretches of its own, spread over the whole training span: all states of the
market take part in the decision, and none of the newest data is lost to all members. Purge: origins whose targets would
reach into a stretch that is left out learn nothing, and those whose targets would leave one decide nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from models.quantiles.quantiles import HORIZONS_H

SHARE = 8  # a member leaves out one stretch in so many
PURGE = max(HORIZONS_H)
HALF_TRUSTED_H = 6570


@dataclass(frozen=True)
class Span:
    """Rows that training may use, from `first` on, in stretches of `stretch` rows; no target reaches beyond `end`."""

    first: int
    end: int
    stretch: int

    def parts(self, member: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Rows [end] that a member learns from, and rows that decide when it has learned enough."""
        row = np.arange(self.end)
        number, place = np.divmod(row - self.first, self.stretch)
        inside = (row >= self.first) & (row <= self.end - PURGE)
        reaches_out = place >= self.stretch - PURGE
        own = self._is_left_out(number, member)
        reaches_in = self._is_left_out(number + 1, member) & reaches_out
        return inside & ~own & ~reaches_in, inside & own & ~reaches_out

    def _is_left_out(self, number: NDArray[np.int64], member: int) -> NDArray[np.bool_]:
        return np.asarray(number % SHARE == (3 * member + 1) % SHARE)

    @property
    def trust(self) -> float:
        """Share of a network that was trained on this span in its forecast."""
        return trust_after(self.end - self.first)


def trust_after(hours: int) -> float:
    """Share of what many parameters learned from so many hours; the rest is the base's. Half after nine months.

    A few months are one state of the market: what is learned in them cannot be known to hold in another.
    """
    return hours**2 / (hours**2 + HALF_TRUSTED_H**2)


def split(first: int, end: int, stretch_rows: int) -> Span:
    """A span from `first` to `end` in stretches of `stretch_rows`; shorter ones where each member would have but one.

    NotEnoughDataError where there are less than SHARE stretches of two days.
    """
    least = SHARE * 2 * PURGE
    if end - first < least:
        raise NotEnoughDataError(
            f"{max(end - first, 0)} hours up to the end of training are too few for a network: {least} are needed, so "
            f"that stretches can be left out; start earlier"
        )
    return Span(first, end, max(2 * PURGE, min(stretch_rows, (end - first) // (2 * SHARE))))
