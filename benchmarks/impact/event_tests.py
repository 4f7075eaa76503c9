"""Size and power of every test of no abnormal return, under the conditions that event studies meet.

A replication is one study: events with an estimation span and a window, returns from a market model, nothing planted
(size), or a shift of every CAR (power). Prints a table test × condition with verdicts. Everything is simulated.

    python -m benchmarks.impact.event_tests                  # 10,000 replications a cell, a quarter of an hour
    python -m benchmarks.impact.event_tests --replications 2000
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from domain.types import Array
from models.impact.measure.benchmarks import market_model
from models.impact.significance.event_tests import TESTS, event_tests, prepare

N_EVENTS, N_ESTIMATION, N_WINDOW = 110, 120, 5
SHIFT = 0.3  # of the sd of a CAR, so that a good test finds it nine times in ten
ALPHA, LOW, HIGH = 0.05, 0.04, 0.06
ROBUST_TESTS = ("shifted_t", "clustered_bootstrap")  # in every condition that is simulated here
DRAWS = 499
CHUNK = 250
FAR_H = 1000


@dataclass(frozen=True)
class Condition:
    """How the residuals of a study are made, and which tests the literature expects to lose their size under it."""

    name: str
    shock: Callable[[np.random.Generator, tuple[int, ...]], Array]
    n_dates: int = N_EVENTS
    common: float = 0.0
    induced: float = 1.0
    stale: float = 0.0
    fails: tuple[str, ...] = ()


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Standard normal shocks."""
    return rng.standard_normal(shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Student's t with 3 degrees, of unit variance."""
    return rng.standard_t(3, shape) / np.sqrt(3)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Log-normal shocks of mean 0 and unit variance: a skewness of 1.75."""
    s = 0.5
    x = np.exp(s * rng.standard_normal(shape)) - np.exp(s**2 / 2)
    return np.asarray(x / np.sqrt((np.exp(s**2) - 1) * np.exp(s**2)))


INDEPENDENT = ("cross_sectional_t", "brown_warner_1980", "patell", "bmp", "sign", "generalised_sign", "wilcoxon",
               "grank_z", "permutation", "wild_bootstrap")  # fmt: skip
ONE_VARIANCE = ("brown_warner_1980", "brown_warner_1985", "patell", "kp_patell", "corrado_rank")
NORMAL = ("patell", "kp_patell")
SYMMETRIC = ("sign", "generalised_sign", "wilcoxon")
LIKE_ONE_BAR = ("grank_t", "grank_z")  # they rank a CAR of several bars among single bars: true of normal returns only
CONDITIONS = (
    Condition("well-behaved", normal),
    Condition("heavy tails", heavy, fails=(*NORMAL, *LIKE_ONE_BAR)),
    Condition("skewed", skewed, fails=(*SYMMETRIC, *LIKE_ONE_BAR, "brown_warner_1985")),
    Condition("induced variance", normal, induced=1.7, fails=ONE_VARIANCE),
    Condition("clustered dates", normal, n_dates=22, common=0.3, fails=INDEPENDENT),
    Condition("one date", normal, n_dates=1, common=0.3, fails=(*INDEPENDENT, "mean_car")),
    Condition("illiquid", heavy, stale=0.6, fails=(*NORMAL, "corrado_rank", "corrado_sign", *LIKE_ONE_BAR)),
    Condition(
        "all at once",
        heavy,
        n_dates=22,
        common=0.3,
        induced=1.7,
        stale=0.6,
        fails=(*INDEPENDENT, "brown_warner_1985", "kp_patell", "kp_bmp", "grank_t"),
    ),
)


def residuals(c: Condition, rng: np.random.Generator, date: NDArray[np.int64]) -> Array:
    """Unit-variance residuals of N events over estimation span and window, those of one date moving together."""
    t = N_ESTIMATION + N_WINDOW
    own = c.shock(rng, (N_EVENTS, t))
    if c.common:
        shared = c.shock(rng, (c.n_dates, t))[date]
        own = np.sqrt(c.common) * shared + np.sqrt(1 - c.common) * own
    own[:, N_ESTIMATION:] *= c.induced
    return own


def held_prices(returns: Array, traded: NDArray[np.bool_]) -> Array:
    """Returns as seen where a bar without a trade keeps the price before: 0, and the next trade has the whole move."""
    level = np.cumsum(returns, axis=1)
    last = np.maximum.accumulate(np.where(traded, np.arange(returns.shape[1]), -1), axis=1)
    seen = np.where(last >= 0, np.take_along_axis(level, np.maximum(last, 0), axis=1), 0.0)
    return np.diff(seen, axis=1, prepend=0.0)


def p_values(c: Condition, rng: np.random.Generator, shift: float) -> dict[str, float]:
    """p-value of every test that is made in one replication."""
    date = np.sort(np.arange(N_EVENTS) % c.n_dates)
    sigma = 0.02 * np.exp(0.4 * rng.standard_normal((N_EVENTS, 1)))
    market = 0.01 * rng.standard_normal((c.n_dates, N_ESTIMATION + N_WINDOW))[date]
    returns = rng.uniform(0.5, 1.5, (N_EVENTS, 1)) * market + sigma * residuals(c, rng, date)
    returns[:, N_ESTIMATION] += shift * sigma[:, 0] * np.sqrt(N_WINDOW)
    if c.stale:
        returns = held_prices(returns, rng.random(returns.shape) >= c.stale)
    split = N_ESTIMATION
    offsets = np.arange(1.0, N_WINDOW + 1)
    study = market_model(returns[:, :split], returns[:, split:], market[:, :split], market[:, split:], offsets)
    made = prepare(study, (float(N_WINDOW),), date * FAR_H)
    out = event_tests(made, [np.ones(N_EVENTS, dtype=bool)], (date * FAR_H).astype(np.float64), draws=DRAWS)[0][0]
    return {o.test: o.p_value for o in out}


def count(task: tuple[int, int, int, float]) -> tuple[Counter[str], Counter[str]]:
    """Rejections and replications of each test in one chunk of a cell."""
    at, chunk, n, shift = task
    rng = np.random.default_rng([at, chunk, int(shift * 1000)])
    rejected: Counter[str] = Counter()
    made: Counter[str] = Counter()
    with threadpool_limits(1):
        for _ in range(n):
            for test, p in p_values(CONDITIONS[at], rng, shift).items():
                made[test] += 1
                rejected[test] += p < ALPHA
    return rejected, made


def rates(replications: int, shift: float, workers: int) -> dict[str, dict[str, float]]:
    """Share of replications in which each test rejects, by condition; a test that is refused there is absent."""
    chunks = [min(CHUNK, replications - at) for at in range(0, replications, CHUNK)]
    tasks = [(c, i, n, shift) for c in range(len(CONDITIONS)) for i, n in enumerate(chunks)]
    rejected = [Counter[str]() for _ in CONDITIONS]
    made = [Counter[str]() for _ in CONDITIONS]
    with ProcessPoolExecutor(workers) as pool:
        for task, (r, m) in zip(tasks, pool.map(count, tasks), strict=True):
            rejected[task[0]] += r
            made[task[0]] += m
    return {c.name: {t: rejected[i][t] / made[i][t] for t in TESTS if made[i][t]} for i, c in enumerate(CONDITIONS)}


def stands(size: dict[str, dict[str, float]], test: str) -> bool:
    """Whether a test has its size, give or take a fifth of it and not too small, wherever it is made."""
    made = [of[test] for of in size.values() if test in of]
    return all(LOW <= s <= HIGH for s in made)


def print_table(title: str, found: dict[str, dict[str, float]]) -> None:
    """Rates in per cent; `!` where the literature expects a test to fail, `-` where it is refused."""
    print(f"\n{title}")
    print(f"{'':<20} " + " ".join(f"{c.name:>17}" for c in CONDITIONS))
    for test in TESTS:
        cells = []
        for c in CONDITIONS:
            value = found[c.name].get(test)
            mark = "!" if test in c.fails else " "
            cells.append(f"{'-':>16} " if value is None else f"{100 * value:>16.1f}{mark}")
        print(f"{test:<20} " + " ".join(cells))


def verdicts(size: dict[str, dict[str, float]]) -> list[tuple[str, bool]]:
    """What was promised, with whether it holds: a size wherever a test's assumptions do, none where they do not."""
    out = []
    for c in CONDITIONS:
        for test, s in size[c.name].items():
            told = f"{c.name}: {test} rejects in {100 * s:.1f} %"
            if test in c.fails:
                out.append((f"{told}, outside 4 to 6 as expected", not LOW <= s <= HIGH))
            else:
                out.append((f"{told}, within 4 to 6", LOW <= s <= HIGH))
    whole = [t for t in TESTS if stands(size, t) and all(t in of for of in size.values())]
    partly = [t for t in TESTS if stands(size, t) and t not in whole]
    out.append((f"within 4 to 6 % in every condition: {', '.join(whole) or 'none'}", bool(whole)))
    told = f"wherever it is made: {', '.join(partly) or 'none'}; known to: {', '.join(ROBUST_TESTS)}"
    return [*out, (told, set(ROBUST_TESTS) <= {*whole, *partly})]


def main() -> None:
    """Print both tables and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the rates as JSON as well")
    args = parser.parse_args()
    began = time.perf_counter()
    size = rates(args.replications, 0.0, args.workers)
    power = rates(args.replications, SHIFT, args.workers)
    print_table(f"Size: % rejected at 5 % with nothing planted ({args.replications:,} replications)", size)
    print_table(f"Power: % rejected with a shift of {SHIFT} sd of a CAR", power)
    print()
    for said, kept in verdicts(size):
        print(f"{'PASS' if kept else 'FAIL'}  {said}")
    if args.json:
        print(json.dumps({"size": size, "power": power}))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
