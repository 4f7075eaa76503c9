"""Releases in order of time, as the response model sees them: what each said, and what prices did after it.

A move is that of the asset beyond beta × the market, from the first close at or after the moment by which the release
was surely public, in units of the sigma known there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.types import Array

MACHINE = "machine probability"  # the state that says who wrote a release


@dataclass(frozen=True)
class History:
    """N releases over H windows (hours, ascending). `known_h` [N], ascending, and `over_h` [N, H]: hours since 1970 at
    which a release was public, and a window was over. `move` [N, H] (NaN where not measured); `like` [N, H, K] signed
    moves at like times before the release. `text` [N], `kind` [N] as they were published. `state` [N, C]: what was
    known of the asset and the release at the first close after it, `states` by name; NaN where unknown.
    """

    windows_h: tuple[float, ...]
    known_h: Array
    over_h: Array
    move: Array
    like: Array
    text: tuple[str, ...]
    kind: NDArray[np.str_]
    state: Array
    states: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (np.diff(self.known_h) < 0).any():
            raise ValueError("releases must come in order of the time at which they were public")
        if (self.over_h < self.known_h[:, None]).any():
            raise ValueError("a window cannot be over before its release is public")

    def __len__(self) -> int:
        return len(self.known_h)

    @property
    def machine(self) -> Array:
        """Probability that a machine wrote each release [N], as known when it came; NaN where nothing is known."""
        if MACHINE not in self.states:
            return np.full(len(self), np.nan)
        return np.asarray(self.state[:, self.states.index(MACHINE)])

    def past_of(self, i: int) -> NDArray[np.int64]:
        """Releases whose windows were all over when release `i` became public."""
        return np.flatnonzero(self.over_h[:i].max(1) <= self.known_h[i])
