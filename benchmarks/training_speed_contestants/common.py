"""What all contestants share: the size, the clock, the report. Standard library only: the peer reads it too."""

import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOOKBACK, PATCH, STRIDE, WIDTH, FEED_FORWARD, LAYERS, HEADS = 256, 16, 8, 128, 256, 3, 8
DROPOUT, BATCH, LONGEST_H, THREADS = 0.2, 256, 24, 2
PASSES = 3


@dataclass
class Clock:
    """Notes the end of each training step; the first `warm_up` steps are not counted."""

    warm_up: int
    ends: list[float] = field(default_factory=list)

    def tick(self) -> None:
        """A step has ended."""
        self.ends.append(time.perf_counter())

    def windows_per_s(self) -> float:
        """Windows trained on per second, from the end of the warm-up to the last step."""
        counted = self.ends[self.warm_up - 1 :]
        return BATCH * (len(counted) - 1) / (counted[-1] - counted[0])


def passes_per_s(work: Callable[[], object], windows: int) -> float:
    """Windows per second of `work`, which goes through `windows` of them: the median of some passes after one."""
    work()
    seconds = []
    for _ in range(PASSES):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return windows / statistics.median(seconds)


def peak_mb() -> int:
    """The largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def report(**figures: float) -> None:
    """The last line that a contestant prints."""
    print(json.dumps({k: round(v, 1) for k, v in figures.items()}))
