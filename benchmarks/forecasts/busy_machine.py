"""Training beside other work: seconds alone, beside one and two busy cores, with threads that sleep or that spin.

    python -m benchmarks.forecasts.busy_machine [--rounds 3] [--night]

With `--night` a forecast of many origins and a whole simulated night, as shipped, instead. The shipped network on a
simulated store (pipelines/ondemand/gpu.py), three short epochs, in a process of its own each time, in turns over
several rounds; busy cores are processes that count. `patient` is what every entry point of tapewire sets
(models/hardware.py), `spinning` what OpenMP does unless told; `asleep` never spins, `one thread` is patient with one.
Medians, and the ratio to the time alone.
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
MOST_NIGHT_S = 900
FORECAST = """
import json, time
import numpy as np, torch
from models.forecast.network.net import Ensemble, build_net
from pipelines.ondemand.gpu import SHIPPED, simulated_store
torch.set_num_threads(2)
store = simulated_store(SHIPPED)
net = Ensemble([build_net(SHIPPED) for _ in range(4)]).eval()
row = torch.arange(SHIPPED.lookback, store.n_rows - 25)
began = time.perf_counter()
with torch.no_grad():
    for asset in range(len(store.base)):
        for part in row.split(256):
            net(store.gather(torch.full_like(part, asset), part)[0])
print(json.dumps(time.perf_counter() - began))
"""
NIGHT = """
import json, subprocess, sys, tempfile, time
with tempfile.TemporaryDirectory() as home:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pipelines.cli", "nightly", "--home", home], check=True,
                   capture_output=True)
    print(json.dumps(time.perf_counter() - began))
"""
TRAIN = """
import json, sys, time
from pipelines.ondemand.gpu import SHIPPED, simulated_store, trained_on
store = simulated_store(SHIPPED)
_, seconds = trained_on("cpu", store, threads=int(sys.argv[1]))
print(json.dumps(seconds))
"""


def beside(busy: int, program: str, *words: str, policy: dict[str, str], most_s: int = MOST_S) -> float:
    """What a program prints last, its seconds, beside `busy` processes that count; `most_s` where it takes longer."""
    others = [subprocess.Popen([sys.executable, "-c", COUNT]) for _ in range(busy)]
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, *words], env=os.environ | policy | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
            capture_output=True, text=True, check=True, timeout=most_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return most_s
    finally:
        for other in others:
            other.kill()
            other.wait()
    return float(json.loads(done.stdout.splitlines()[-1]))


def seconds_of(way: str, busy: int) -> float:
    """Seconds of one training beside `busy` processes that count."""
    policy, threads = WAYS[way]
    return beside(busy, TRAIN, str(threads), policy=policy)


def print_nights(rounds: int) -> None:
    """Seconds of forecasts and of a simulated night as shipped, alone and beside busy cores."""
    for name, program in (("forecasting", FORECAST), ("a simulated night", NIGHT)):
        found: dict[int, list[float]] = {busy: [] for busy in BUSY}
        for n in range(rounds):
            for busy in BUSY if n % 2 == 0 else reversed(BUSY):
                found[busy].append(beside(busy, program, policy=dict(PATIENT), most_s=MOST_NIGHT_S))
                print(f"round {n + 1}: {name}, {busy} busy: {found[busy][-1]:.1f} s", flush=True)
        alone = statistics.median(found[0])
        print(name + ", ".join(f" {statistics.median(v):.1f} s ({statistics.median(v) / alone:.1f} ×) beside {b}"
                               for b, v in found.items()))  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--night", action="store_true", help="forecasting and a whole night instead of training")
    args = parser.parse_args()
    if args.night:
        print_nights(args.rounds)
        return
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
