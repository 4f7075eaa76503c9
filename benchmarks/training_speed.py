"""Training and forecasting speed, and peak memory, against neuralforecast's PatchTST and a plain PyTorch loop.

    python benchmarks/training_speed.py --peer-python /path/to/venv-with-neuralforecast/bin/python

Simulated market, 22 assets, fp32 on a CPU, two threads; the same size, lookback, batch and levels for all
(training_speed_contestants/common.py). Each contestant runs in a process of its own, in turns over several rounds; a
ratio is the median over rounds of the ratio within a round, so that what slows the machine for a while cancels out.

    ours          `train` as shipped, through Lightning, steps after the warm-up
    loop          the same network on the same windows, a plain PyTorch loop
    encoder       a bare PatchTST (one series, no context, no decoder), a plain PyTorch loop; no promise hangs on it
    all series    neuralforecast with every series in a batch        best    with as few a batch as trains fastest

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

HERE = Path(__file__).parent / "training_speed_contestants"
SERIES_A_BATCH = (1, 2, 3, 4)
Figures = dict[str, float]


@dataclass(frozen=True)
class Contestant:
    """A command that prints its figures."""

    name: str
    command: tuple[str, ...]

    def run(self) -> Figures:
        """The figures of one run in a new process, shown as they come."""
        root = str(HERE.parents[1]) if self.command[0] == sys.executable else ""
        env = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONPATH": root}
        done = subprocess.run(self.command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.name} failed:\n{done.stderr[-3000:]}")
        figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
        speeds = ", ".join(f"{k} {figures[k]:,.0f} windows/s" for k in ("train", "predict", "forward") if k in figures)
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

    def ratios(self, mine: tuple[str, str], other: tuple[str, str]) -> list[float]:
        """One contestant's figure ÷ another's, in each round."""
        return [a / b for a, b in zip(self.all(*mine), self.all(*other), strict=True)]

    def summary(self) -> None:
        """Median and best of every speed, and memory."""
        print(f"\n{'':28} {'':8} {'median':>8} {'best':>8}  windows/s")
        for name, runs in self.runs.items():
            for figure in ("train", "predict", "forward"):
                if figure in runs[0]:
                    values = self.all(name, figure)
                    print(f"{name:28} {figure:8} {statistics.median(values):8,.0f} {max(values):8,.0f}")
        print(f"\n{'':28} {'imports':>8} {'+ data':>8} {'peak':>8}  MB")
        for name in self.runs:
            memory = [max(self.all(name, f)) for f in ("imports_mb", "data_mb", "peak_mb")]
            print(f"{name:28} {memory[0]:8,.0f} {memory[1]:8,.0f} {memory[2]:8,.0f}")


def verdict(promise: str, ratios: list[float], least: float) -> None:
    """PASS or FAIL, with the median ratio and its range over rounds."""
    middle = statistics.median(ratios)
    print(
        f"{'PASS' if middle >= least else 'FAIL'}  {promise}: {middle:.2f} "
        f"(rounds {min(ratios):.2f} to {max(ratios):.2f}; promised ≥ {least:g})"
    )


def judge(table: Table, *, peer: bool) -> None:
    """Every promise, kept or not."""
    print()
    ours = ("ours", "train")
    verdict("training, ours ÷ plain loop", table.ratios(ours, ("loop", "train")), 0.95)
    bare = statistics.median(table.ratios(ours, ("encoder", "train")))
    print(f"      training, ours ÷ bare encoder on one series: {bare:.2f} (no promise)")
    if not peer:
        print("SKIP  neuralforecast: give --peer-python the interpreter of an environment that has it")
        return
    verdict("training, ours ÷ neuralforecast, all series", table.ratios(ours, ("all series", "train")), 3)
    verdict("training, ours ÷ neuralforecast, best", table.ratios(ours, ("best", "train")), 1.2)
    mine = max(table.all("ours", "peak_mb"))
    for name in ("all series", "best"):
        other = min(table.all(name, "peak_mb"))
        kept = "PASS" if mine < other else "FAIL"
        print(
            f"{kept}  peak memory, ours ÷ neuralforecast, {name}: {mine / other:.2f} ({mine:,.0f} and {other:,.0f} MB)"
        )
    for path, what in (("forward", "bare network"), ("predict", "own predict")):
        ratios = table.ratios(("our forecast", "predict"), ("peer's forecast", path))
        verdict(f"forecasting, ours ÷ neuralforecast, {what}", ratios, 1.2)


def has_peer(python: str | None) -> bool:
    """Whether an interpreter was given that can import neuralforecast; says so where not."""
    if python is None:
        return False
    done = subprocess.run([python, "-c", "import neuralforecast"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{python} cannot import neuralforecast, which is therefore left out:\n{done.stderr.strip()[-300:]}")
    return done.returncode == 0


def best_setting(peer: tuple[str, ...], long: tuple[str, ...]) -> int:
    """How many series a batch let neuralforecast train fastest; tried once each, and once with plain attention."""
    print("neuralforecast, series a batch")
    tried = {n: Contestant(f"{n}", (*peer, *long, f"--per-batch={n}")).run()["train"] for n in SERIES_A_BATCH}
    best = max(tried, key=tried.__getitem__)
    other = (*peer, *long, f"--per-batch={best}", "--plain-attention")
    Contestant(f"{best}, res_attention off", other).run()
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
        contestants.append(Contestant("our forecast", (*ours, "predict", *own)))
        if peer:
            theirs = (args.peer_python, str(HERE / "peer.py"))
            Contestant("simulated series", (*ours, "series", *own, series)).run()
            train, long = (*theirs, "train", series), size
            best = best_setting(train, long)
            contestants += [
                Contestant("all series", (*train, *long)),
                Contestant("best", (*train, *long, f"--per-batch={best}")),
                Contestant("peer's forecast", (*theirs, "predict", series, *long)),
            ]
        table = Table(contestants, args.rounds)
    table.summary()
    judge(table, peer=peer)


if __name__ == "__main__":
    main()
