"""Training beside other work: seconds alone, beside one and two busy cores, with threads that sleep or that spin.

    python -m benchmarks.forecasts.busy_machine [--rounds 3]

The shipped network on a simulated store (pipelines/ondemand/gpu.py), three short epochs, in a process of its own each
time, in turns over several rounds; busy cores are processes that count. `patient` is what every entry point of tapewire
sets (models/hardware.py), `spinning` what OpenMP does unless told; `asleep` never spins, `one thread` is patient with
one. Medians, and the ratio to the time alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from models.hardware import PATIENT

ROOT = Path(__file__).parents[2]
SPINNING = {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "infinite", "KMP_BLOCKTIME": "200"}
WAYS = {
    "patient": (PATIENT, 2),
    "asleep": (PATIENT | {"GOMP_SPINCOUNT": "0"}, 2),
    "one thread": (PATIENT, 1),
    "spinning": (SPINNING, 2),
}
BUSY = (0, 1, 2)
MOST_S = 180
COUNT = "while True: pass"
TRAIN = """
import json, sys, time
from pipelines.ondemand.gpu import SHIPPED, simulated_store, trained_on
store = simulated_store(SHIPPED)
_, seconds = trained_on("cpu", store, threads=int(sys.argv[1]))
print(json.dumps(seconds))
"""


def seconds_of(way: str, busy: int) -> float:
    """Seconds of one training beside `busy` processes that count; MOST_S where it takes longer."""
    policy, threads = WAYS[way]
    others = [subprocess.Popen([sys.executable, "-c", COUNT]) for _ in range(busy)]
    try:
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, str(threads)], env=os.environ | policy | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
            capture_output=True, text=True, check=True, timeout=MOST_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return MOST_S
    finally:
        for other in others:
            other.kill()
            other.wait()
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found: dict[tuple[str, int], list[float]] = {(way, busy): [] for way in WAYS for busy in BUSY}
    for n in range(args.rounds):
        for way, busy in found if n % 2 == 0 else reversed(found):
            found[way, busy].append(seconds_of(way, busy))
            print(f"round {n + 1}: {way}, {busy} busy: {found[way, busy][-1]:.1f} s", flush=True)
    print(f"\n{'seconds':<12}" + "".join(f"{f'{busy} busy':>22}" for busy in BUSY))
    for way in WAYS:
        alone = statistics.median(found[way, 0])
        cells = [(statistics.median(found[way, busy]), found[way, busy]) for busy in BUSY]
        told = "".join(f"{m:>8.1f} ({m / alone:.1f} ×, {min(v):.0f}–{max(v):.0f})".rjust(22) for m, v in cells)
        print(f"{way:<12}{told}")


if __name__ == "__main__":
    main()
