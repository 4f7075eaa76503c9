"""What all contestants share: the size, the clock, the report. Standard library only: the peer reads it too."""

import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

LOOKBACK, PATCH, STRIDE, WIDTH, FEED_FORWARD, LAYERS, HEADS = 256, 16, 8, 128, 256, 3, 8
DROPOUT, BATCH, LONGEST_H, THREADS = 0.2, 256, 24, 2
PASSES = 3


@dataclass
class Clock:
    """Notes wall-clock and CPU time at the end of each training step; the first `warm_up` steps are not counted."""

    warm_up: int
    ends: list[tuple[float, float]] = field(default_factory=list)

    def tick(self) -> None:
        """A step has ended."""
        self.ends.append((time.perf_counter(), time.process_time()))

    def speed(self) -> dict[str, float]:
        """Windows trained on per second and per CPU second, from the end of the warm-up to the last step."""
        (wall, cpu), (end_wall, end_cpu) = self.ends[self.warm_up - 1], self.ends[-1]
        windows = BATCH * (len(self.ends) - self.warm_up)
        return {"train": windows / (end_wall - wall), "train_cpu": windows / (end_cpu - cpu)}


def passes(name: str, work: Callable[[], object], windows: int) -> dict[str, float]:
    """Windows per second and per CPU second of `work`, which goes through `windows` of them; one pass to warm up."""
    clock = Clock(1)
    for _ in range(1 + PASSES):
        work()
        clock.tick()
    wall, cpu = zip(*((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(clock.ends)), strict=True)
    return {name: windows / statistics.median(wall), f"{name}_cpu": windows / statistics.median(cpu)}


def peak_mb() -> int:
    """The largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def report(**figures: float) -> None:
    """The last line that a contestant prints."""
    print(json.dumps({k: round(v, 1) for k, v in figures.items()}))
