"""Training and forecasting speed, and peak memory, against neuralforecast's PatchTST and a plain PyTorch loop.

    python -m benchmarks.forecasts.training_speed --peer-python /path/to/venv-with-neuralforecast/bin/python

Simulated market, 22 assets, a CPU, two threads; the same size, lookback, batch and levels for all
(training_speed_contestants/common.py). Precision is what each ships with: ours takes bfloat16 products where the
processor has them, the peer float32; its best setting may take bfloat16 too, and ours is measured in float32 beside.

Each contestant runs in a process of its own, in turns over several rounds; a
ratio is the median over rounds of the ratio within a round, so that what slows the machine for a while cancels out.
Beside each wall-clock ratio stands that of CPU time, which other work on the machine disturbs least; waiting threads
sleep, for all contestants, as spinning ones would count as work and lose tenfold on a machine that is shared.

    ours          `train` as shipped, through Lightning, steps after the warm-up; `ours fp32` with precision fp32
    loop          the same network on the same windows, a plain PyTorch loop
    encoder       a bare PatchTST (one series, no context, no decoder), a plain PyTorch loop; no promise hangs on it
    all series    neuralforecast with every series in a batch
    best          with as few a batch, and the precision, that train fastest

Forecasting: ours is `predict`, from origins to quantiles; neuralforecast's is its own `predict`, and its bare network
on windows cut beforehand, which favours it. Peak memory is the process's largest resident set, imports included.
Without --peer-python the peer is left out. Always exits with 0; see the lines that begin with PASS or FAIL.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from models.hardware import PATIENT

HERE = Path(__file__).parent / "contestants"
SETTINGS = tuple((f"--per-batch={n}", *more) for n in (1, 2, 4) for more in ((), ("--bf16",)))
CALM = {"OMP_NUM_THREADS": "2", **PATIENT}
TRIES = 2
FIGURES = ("train", "predict", "forward")
Figures = dict[str, float]


@dataclass(frozen=True)
class Contestant:
    """A command that prints its figures."""

    name: str
    command: tuple[str, ...]

    def run(self) -> Figures:
        """The figures of one run in a new process, shown as they come."""
        root = str(HERE.parents[1]) if self.command[0] == sys.executable else ""
        env = os.environ | CALM | {"PYTHONPATH": root}
        done = subprocess.run(self.command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.name} failed:\n{done.stderr[-3000:]}")
        figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
        speeds = ", ".join(f"{k} {figures[k]:,.0f} windows/s" for k in FIGURES if k in figures)
        print(f"  {self.name:28} {speeds}; peak {figures['peak_mb']:,.0f} MB", flush=True)
        return figures


class Table:
    """Figures of all contestants in all rounds."""

    def __init__(self, contestants: list[Contestant], rounds: int) -> None:
        self.runs: dict[str, list[Figures]] = {c.name: [] for c in contestants}
        for i in range(rounds):
            print(f"round {i + 1} of {rounds}")
            for contestant in contestants if i % 2 == 0 else contestants[::-1]:
                self.runs[contestant.name].append(contestant.run())

    def all(self, name: str, figure: str) -> list[float]:
        """One figure of a contestant in each round."""
        return [run[figure] for run in self.runs[name]]

    def ratio(self, mine: tuple[str, str], other: tuple[str, str], least: float | None = None) -> None:
        """One contestant's speed ÷ another's: the median over rounds and their range; PASS or FAIL by the first."""
        wall, cpu = (
            [a / b for a, b in zip(self.all(mine[0], mine[1] + s), self.all(other[0], other[1] + s), strict=True)]
            for s in ("", "_cpu")
        )
        middle = statistics.median(wall)
        kept = "    " if least is None else "PASS" if middle >= least else "FAIL"
        promised = "no promise" if least is None else f"promised ≥ {least:g}"
        print(
            f"{kept}  {' '.join(mine)} ÷ {' '.join(other)}: {middle:.2f} ({promised}; rounds {min(wall):.2f} to "
            f"{max(wall):.2f}; by CPU time {statistics.median(cpu):.2f})"
        )

    def summary(self) -> None:
        """Median and best of every speed, and memory."""
        print(f"\n{'':28} {'':8} {'median':>8} {'best':>8} windows/s {'median':>8} windows/CPU s")
        for name, runs in self.runs.items():
            for figure in FIGURES:
                if figure in runs[0]:
                    values = self.all(name, figure)
                    cpu = statistics.median(self.all(name, f"{figure}_cpu"))
                    print(f"{name:28} {figure:8} {statistics.median(values):8,.0f} {max(values):8,.0f} {cpu:18,.0f}")
        print(f"\n{'':28} {'imports':>8} {'+ data':>8} {'peak':>8}  MB")
        for name in self.runs:
            memory = [max(self.all(name, f)) for f in ("imports_mb", "data_mb", "peak_mb")]
            print(f"{name:28} {memory[0]:8,.0f} {memory[1]:8,.0f} {memory[2]:8,.0f}")


def judge(table: Table, *, peer: bool) -> None:
    """Every promise, kept or not."""
    print()
    table.ratio(("ours", "train"), ("loop", "train"), 0.95)
    table.ratio(("ours", "train"), ("encoder", "train"))
    if not peer:
        print("SKIP  neuralforecast: give --peer-python the interpreter of an environment that has it")
        return
    table.ratio(("ours", "train"), ("all series", "train"), 3)
    table.ratio(("ours", "train"), ("best", "train"), 1.2)
    table.ratio(("ours fp32", "train"), ("all series", "train"))
    table.ratio(("our forecast", "predict"), ("peer's forecast", "forward"), 1.2)
    table.ratio(("our forecast", "predict"), ("peer's forecast", "predict"), 1.2)
    table.ratio(("our forecast fp32", "predict"), ("peer's forecast", "predict"))
    mine = max(table.all("ours", "peak_mb"))
    for name in ("all series", "best"):
        other = min(table.all(name, "peak_mb"))
        kept = "PASS" if mine < other else "FAIL"
        print(f"{kept}  ours peak memory ÷ {name}: {mine / other:.2f} (promised < 1; {mine:,.0f} and {other:,.0f} MB)")


def has_peer(python: str | None) -> bool:
    """Whether an interpreter was given that can import neuralforecast; says so where not."""
    if python is None:
        return False
    try:
        subprocess.run([python, "-c", "import neuralforecast"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = error.stderr.strip()[-300:] if isinstance(error, subprocess.CalledProcessError) else error
        print(f"{python} cannot import neuralforecast, which is therefore left out:\n{why}")
        return False
    return True


def best_setting(peer: tuple[str, ...]) -> tuple[str, ...]:
    """The series a batch and the precision that let neuralforecast train fastest, and plain attention with them."""
    print("neuralforecast, settings tried")
    tried = dict.fromkeys(SETTINGS, 0.0)
    for _ in range(TRIES):
        for setting in SETTINGS:
            tried[setting] = max(tried[setting], Contestant(" ".join(setting), (*peer, *setting)).run()["train"])
    best = max(tried, key=tried.__getitem__)
    Contestant("the best with res_attention off", (*peer, *best, "--plain-attention")).run()
    return best


def main() -> None:
    """Measure, then print figures, ratios and promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="interpreter of an environment that has neuralforecast")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40, help="training steps of a run, warm-up included")
    parser.add_argument("--warm-up", type=int, default=10, help="steps that are not counted")
    parser.add_argument("--hours", type=int, default=8000, help="length of the simulated series")
    parser.add_argument("--windows", type=int, default=8192, help="windows forecast at")
    args = parser.parse_args()
    peer = has_peer(args.peer_python)
    size = (f"--windows={args.windows}", f"--steps={args.steps}", f"--warm-up={args.warm_up}")
    with tempfile.TemporaryDirectory() as folder:
        series = f"--series={Path(folder) / 'series.npz'}"
        ours = (sys.executable, str(HERE / "ours.py"))
        own = (f"--hours={args.hours}", *size)
        contestants = [Contestant(name, (*ours, name, *own)) for name in ("ours", "loop", "encoder")]
        contestants.append(Contestant("ours fp32", (*ours, "ours", *own, "--precision=fp32")))
        contestants.append(Contestant("our forecast", (*ours, "predict", *own)))
        contestants.append(Contestant("our forecast fp32", (*ours, "predict", *own, "--precision=fp32")))
        if peer:
            theirs = (args.peer_python, str(HERE / "peer.py"))
            Contestant("simulated series", (*ours, "series", *own, series)).run()
            train = (*theirs, "train", series, *size)
            best = best_setting(train)
            contestants += [
                Contestant("all series", train),
                Contestant("best", (*train, *best)),
                Contestant("peer's forecast", (*theirs, "predict", series, *size)),
            ]
        table = Table(contestants, args.rounds)
    table.summary()
    judge(table, peer=peer)


if __name__ == "__main__":
    main()
