"""The protocol of an evaluation over a given span: when training ends, which origins are tested."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from models.evaluate.walk_forward import Fold, refit_folds

_SPACING = re.compile(r"(\d+)([dh])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):00")


@dataclass(frozen=True)
class Protocol:
    """What to evaluate: train on everything up to `train_until`, forecast from origins in [test_from, test_to).

    With `refit_every`, models are refitted at that spacing, with the same gap between training and test each time.
    Assets with less than `min_share` of the test hours are left out.
    """

    train_until: datetime
    test_from: datetime
    test_to: datetime
    origin_hours: tuple[int, ...]
    refit_every: timedelta | None = None
    min_share: float = 0.99

    def __post_init__(self) -> None:
        if not self.train_until <= self.test_from < self.test_to:
            raise ValueError(
                f"training must end before the test and the test before its end, got --train-until {self.train_until}, "
                f"--test-from {self.test_from}, --test-to {self.test_to}"
            )
        if not 0 <= self.min_share <= 1:
            raise ValueError(f"--min-share is a share between 0 and 1, got {self.min_share}")


def origin_hours(text: str) -> tuple[int, ...]:
    """`00:00,12:00` as hours of the day. ValueError for anything but full hours: candles are hourly."""
    found = [_CLOCK.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise ValueError(f"--origins are full hours such as 00:00,12:00, got {text!r}")
    return tuple(sorted({int(match[1]) for match in found if match}))


def spacing(text: str | None) -> timedelta | None:
    """`30d` or `12h` as a time span. ValueError for anything else."""
    if text is None:
        return None
    match = _SPACING.fullmatch(text.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(f"--refit-every is a number of days or hours such as 30d or 12h, got {text!r}")
    return timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))


def protocol_folds(close_ts: NDArray[np.datetime64], protocol: Protocol) -> list[Fold]:
    """The folds of a protocol over bars that close at `close_ts` [T].

    NotEnoughDataError where its span holds no bars.
    """
    moments = [
        np.datetime64(m.replace(tzinfo=None), "s") for m in (protocol.train_until, protocol.test_from, protocol.test_to)
    ]
    train_end, start, end = np.searchsorted(close_ts, moments, side="left").tolist()
    if train_end >= len(close_ts) or close_ts[train_end] > moments[0]:
        train_end -= 1
    if start >= end:
        raise NotEnoughDataError(
            f"no bar closes between {protocol.test_from} and {protocol.test_to}: the candles run from "
            f"{close_ts[0]} to {close_ts[-1]}"
        )
    every = None if protocol.refit_every is None else int(protocol.refit_every.total_seconds() // 3600)
    return refit_folds(train_end, start, end, every)
