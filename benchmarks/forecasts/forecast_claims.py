"""Claims of skill where there is none to be had, and skill recovered where it was planted.

Markets drawn from the reference walk itself: how often does a model, or a twin of the walk whose expected loss is that
of its other twin, get to claim skill? Markets with a planted volatility state: how much of the oracle's gain do
trained models recover? Run as a script it prints both with the promises that they keep or break:

    python -m benchmarks.forecasts.forecast_claims --seeds 200 --trained 6 --planted 3
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import polars as pl
import torch
from threadpoolctl import threadpool_limits

from benchmarks.forecasts.studies import (
    BASELINES,
    BOOST_ONE_IN,
    CLAIM_SIZE,
    FIRST_PLANTED_SEED,
    PLANTED,
    PLANTED_ASSETS,
    PLANTED_STATES,
    SHORT,
    SHORT_ASSETS,
    SIZE,
    TWINS,
    null_study,
    null_training,
    planted_study,
    region,
)
from domain.names import DEFAULT, NETWORK
from domain.types import Array

RECOVERED, ORACLE_GAIN = 0.80, (0.05, 0.12)


@dataclass(frozen=True)
class Promise:
    """A sentence, what was found, and the bounds it should lie within."""

    told: str
    found: float
    low: float
    high: float

    @property
    def kept(self) -> bool:
        """Whether what was found lies within the bounds."""
        return self.low <= self.found <= self.high

    def __str__(self) -> str:
        verdict = "PASS" if self.kept else "FAIL"
        return f"{verdict}  {self.told}: {100 * self.found:.1f} % in [{100 * self.low:.1f}, {100 * self.high:.1f}] %"


def rates(studies: pl.DataFrame) -> pl.DataFrame:
    """Share of markets with each rejection, and mean skill, per model and horizon; n of markets."""
    columns = ("claim", "better", "differs", "differs_slow", "clark_west")
    return (
        studies.group_by("model_name", "horizon_h", maintain_order=True)
        .agg(pl.len().alias("n"), pl.mean("skill") * 100, *(pl.mean(c) * 100 for c in columns))
        .sort("model_name", "horizon_h")
    )


def null_promises(studies: pl.DataFrame) -> list[Promise]:
    """Sizes held against their regions: two-sided for the twins, from above for models that lose to the truth."""
    out = []
    for name in studies["model_name"].unique(maintain_order=True):
        whole = studies.filter(pl.col("model_name") == name, pl.col("horizon_h") == 0)
        n = len(whole)
        if name in TWINS:
            out.append(Promise(f"{name}: two-sided DM at 5 %", _share(whole["differs"]), *region(n, SIZE)))
            out.append(Promise(f"{name}: equal loss, slow, at 5 %", _share(whole["differs_slow"]), *region(n, SIZE)))
            out.append(Promise(f"{name}: claims at 2.5 %", _share(whole["claim"]), *region(n, CLAIM_SIZE)))
            continue
        told = f"{name}: claims at 2.5 % ({n} markets)"
        out.append(Promise(told, _share(whole["claim"]), 0.0, region(n, CLAIM_SIZE)[1]))
        if name == "walk_drift":
            each = studies.filter(pl.col("model_name") == name, pl.col("horizon_h") > 0)
            for (h,), part in each.group_by("horizon_h", maintain_order=True):
                told = f"{name}: Clark-West at 5 %, {h} h"
                out.append(Promise(told, _share(part["clark_west"]), 0.0, region(n, SIZE)[1]))
    return out


def planted_promises(studies: list[dict[str, Array]]) -> list[Promise]:
    """Per market the oracle's gain in its range, and the share of it that the better of network and default recovers;
    then what each of the two recovers over all markets.
    """
    out = []
    for i, study in enumerate(studies):
        told, oracle = f"planted market {i + 1}, half-life {_state(i)[0]:.0f} h", study["oracle"][0]
        out.append(Promise(f"{told}: the oracle's gain", oracle, *ORACLE_GAIN))
        name = max((NETWORK, DEFAULT), key=lambda n: float(study[n][0]))
        out.append(Promise(f"{told}: {name} recovers", study[name][0] / oracle, RECOVERED, np.inf))
    total = {name: sum(s[name][0] for s in studies) for name in (NETWORK, DEFAULT, "oracle")}
    both = (NETWORK, DEFAULT) if studies else ()
    return out + [Promise(f"planted: {n} recovers in all", total[n] / total["oracle"], RECOVERED, np.inf) for n in both]


def _share(hits: pl.Series) -> float:
    return float(hits.mean())  # type: ignore[arg-type]


Task = tuple[Callable[..., Any], tuple[object, ...]]


def _work(task: Task) -> Any:
    torch.set_num_threads(1)
    with threadpool_limits(1):
        return task[0](*task[1])


def run(tasks: list[Task], workers: int) -> list[Any]:
    """Results in the order of the tasks."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_work, tasks))


def print_null(studies: pl.DataFrame, trained: pl.DataFrame) -> None:
    """Rates of rejection in per cent, per model and horizon."""
    print("Markets drawn from the reference walk: % of markets (horizon 0: all together)")
    print("model                h     n   skill  claim  DM better  DM differs  slow differs  Clark-West")
    for r in rates(pl.concat([studies, trained.drop("untrained")])).iter_rows(named=True):
        cw = "" if r["clark_west"] is None else f"{r['clark_west']:.1f}"
        print(
            f"{r['model_name']:<18} {r['horizon_h']:>3} {r['n']:>5} {r['skill']:>7.2f} {r['claim']:>6.1f} "
            f"{r['better']:>10.1f} {r['differs']:>11.1f} {r['differs_slow']:>13.1f} {cw:>11}"
        )
    whole = trained.filter(pl.col("horizon_h") == 0)
    print(f"{NETWORK}: epoch 0 kept by {100 * _share(whole['untrained']):.0f} % of members in {len(whole)} trainings")


def print_planted(studies: list[dict[str, Array]]) -> None:
    """Gains over the reference walk in per cent of its CRPS, and the share of the oracle's."""
    print("\nPlanted markets: gain over the reference walk, % of its CRPS, and what share of the oracle's that is")
    for i, study in enumerate(studies):
        print(f"market {i + 1}, half-life {_state(i)[0]:>2.0f} h      all     1 h     4 h     8 h    24 h   recovered")
        for name, gain in study.items():
            cells = " ".join(f"{100 * g:>7.2f}" for g in gain)
            print(f"  {name:<24} {cells} {100 * gain[0] / study['oracle'][0]:>9.0f} %")


def _state(i: int) -> tuple[float, float]:
    return PLANTED_STATES[i % len(PLANTED_STATES)]


def main() -> None:
    """Print tables and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="markets drawn from the reference walk")
    parser.add_argument("--trained", type=int, default=6, help="of these, markets to train the network on")
    parser.add_argument("--planted", type=int, default=3, help="markets with a planted state, all models trained")
    parser.add_argument("--short", action="store_true", help="planted markets of half the assets and half the length")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    began = time.perf_counter()
    seeds = range(1, args.seeds + 1)
    size = (SHORT, SHORT_ASSETS) if args.short else (PLANTED, PLANTED_ASSETS)
    tasks: list[Task] = [
        *((planted_study, (FIRST_PLANTED_SEED + i, *_state(i), *size)) for i in range(args.planted)),
        *((null_training, (s,)) for s in seeds[: args.trained]),
        *((null_study, (s, (*BASELINES, *(("lightgbm",) if s % BOOST_ONE_IN == 0 else ())))) for s in seeds),
    ]
    results = run(tasks, args.workers)
    planted, frames = results[: args.planted], results[args.planted :]
    promises = planted_promises(planted)
    if args.seeds:
        trained, studies = pl.concat(frames[: args.trained]), pl.concat(frames[args.trained :])
        print_null(studies, trained)
        promises = [*null_promises(studies), *null_promises(trained), *promises]
    print_planted(planted)
    print()
    print(*promises, sep="\n")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
