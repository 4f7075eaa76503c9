"""Size and power of the tests of an effect on real prices, with releases that never were.

Pseudo-releases are put at random moments on hourly candles of 22 pairs (`--data`), and studies of a hundred of them are
drawn in four mixes. Nothing happened at those moments, so that a test at 5 % should reject in 5 %, half of it in each
tail. Then moves are planted after them; last the moments are drawn so that releases *follow* prices: arrival is three
and six times as likely in hours beyond two sigmas, inside the bar. Prices are real; releases and effects are simulated.

    python -m benchmarks.impact.real_prices --data ../shared/data                 # 2,000 studies a cell
    python -m benchmarks.impact.real_prices --data ../shared/data --studies 400
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.impact.pseudo_releases import N_RELEASES, WINDOWS_H, draws, load_bars, random_pool, reacting_pool
from domain.types import Array
from features.candles import Bars
from models.impact.findings.response import AS_MUCH_BEFORE, MIN_BARS, MOVES, verdict
from models.impact.significance.event_tests import event_tests, prepare
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import mean_with_overlap
from models.impact.significance.placebo_ranks import DAYS, RANK, normal_scores, placebo_days, placebo_rank
from models.impact.study import ImpactStudy
from models.impact.study_inference import AFTER_LESS_BEFORE
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE, RAW, RESIDUAL

POOLS = 4  # of pseudo-releases, so that the luck of one does not pass for a property of the tests
MIXES = ("all pairs", "BTC", "25 days", "half a year")
PLANTED = 0.35
CLASSIC = {"market": ("shifted_t", "clustered_bootstrap", "mean_car"), "reference_walk": ("shifted_t", "mean_car")}
LOW, HIGH, TAIL_LOW, TAIL_HIGH = 0.04, 0.06, 0.015, 0.035
POWER, TOLD = 0.75, 0.95


class Tally:
    """Rejections at 5 % of each test, in the upper and the lower tail."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.up: Counter[str] = Counter()
        self.down: Counter[str] = Counter()

    def add(self, name: str, found: Outcome | None) -> None:
        """Count one outcome; none where the test was refused."""
        if found is not None:
            self.made[name] += 1
            self.up[name] += found.p_value < 0.05 and found.statistic > 0
            self.down[name] += found.p_value < 0.05 and found.statistic < 0

    def rates(self) -> dict[str, tuple[float, float]]:
        """Share rejected above and below, by test."""
        return {n: (self.up[n] / m, self.down[n] / m) for n, m in self.made.items()}


def count_rejections(tallies: dict[float, Tally], study: ImpactStudy, mix: str, studies: int, seed: int) -> None:
    """Add the outcomes of studies from one pool, nothing planted."""
    members = list(draws(study, mix, studies, np.random.default_rng(seed)))
    for w in WINDOWS_H:
        for benchmark, base in ((RESIDUAL, LAST_CLOSE), (RESIDUAL, FIRST_CLOSE_AFTER), (RAW, LAST_CLOSE)):
            matched, scores = study.moves.matched(benchmark, w, base), study.moves.scores(benchmark, w, base)
            mark = f"{benchmark}, {base.replace('_', ' ')}"
            for at in members:
                own = at[study.clean(w)[at]]
                tallies[w].add(f"{RANK} {mark}", placebo_rank(scores[own], matched.where(own), study.hours, w))
                tallies[w].add(f"{DAYS} {mark}", placebo_days(scores[own], study.hours[matched.row[own]], w, draws=199))
        if -w in study.before:
            for at in members:
                tallies[w].add(f"{AFTER_LESS_BEFORE} {RESIDUAL}", contrast(study, at, w))
    for benchmark, names in CLASSIC.items():
        made = prepare(study.returns[benchmark], WINDOWS_H, study.sample.events.row)
        for at in members:
            mask = np.zeros(len(study.groups), dtype=bool)
            mask[at] = True
            found = event_tests(made, [mask], study.sample.when_h, draws=199)[0]
            for w, outcomes in zip(WINDOWS_H, found, strict=True):
                for o in outcomes:
                    if o.test in names:
                        tallies[w].add(f"{o.test} {benchmark}", o)


def contrast(study: ImpactStudy, at: NDArray[np.int64], w: float) -> Outcome | None:
    """After less before of the releases of one study."""
    own = at[study.clean(w)[at] & (study.moves.confounded(-w)[at] == "")]
    difference = study.moves.scores(RESIDUAL, w, FIRST_CLOSE_AFTER)[own, 0] - study.moves.scores(RESIDUAL, -w)[own, 0]
    return mean_with_overlap(difference, study.sample.when_h[own], max(2 * w, 36.0), test=AFTER_LESS_BEFORE)


def planted_scores(study: ImpactStudy, w: float, base: str, size: Array) -> Array:
    """Normal scores with a move of `size` [N] (log, signed) added at the end of each window."""
    matched, grid = study.moves.matched(RESIDUAL, w, base), study.moves.grids[RESIDUAL]
    row, steps = study.moves.start(w, base)
    asset = study.sample.events.asset
    own = np.abs(grid.moved(row, asset, steps) + size) / grid.sigma(np.minimum(row, len(grid.path) - 1), asset, steps)
    return normal_scores(own, matched.control)


def random_effects(study: ImpactStudy, w: float, rng: np.random.Generator) -> Array:
    """Moves of random direction and exponential size, PLANTED of the raw sigma of the window on average, [N]."""
    n = len(study.groups)
    return PLANTED * study.sigma(w, RAW) * rng.exponential(1, n) * rng.choice([-1.0, 1.0], n)


def count_found(
    counts: dict[float, Counter[str]], study: ImpactStudy, mix: str, studies: int, seed: int, *, rounds: int = 5
) -> None:
    """Add the studies of one pool that find the planted moves, with all releases counted (none confounded)."""
    rng = np.random.default_rng(seed)
    for w in WINDOWS_H:
        found = counts[w]
        for _ in range(rounds):
            scores = planted_scores(study, w, LAST_CLOSE, random_effects(study, w, rng))
            matched = study.moves.matched(RESIDUAL, w)
            for at in draws(study, mix, studies // rounds, rng):
                tested = placebo_rank(scores[at], matched.where(at), study.hours, w)
                found[RANK] += tested is not None and tested.p_value < 0.05 and tested.statistic > 0
                days = placebo_days(scores[at], study.hours[matched.row[at]], w, draws=199)
                found[DAYS] += days is not None and days.p_value < 0.05 and days.statistic > 0
                found["studies"] += 1


def verdicts(study: ImpactStudy, studies: int, seed: int, *, moved: bool) -> Counter[str]:
    """What studies of one group say by the rule of the report; `moved`: with a move planted after the first close."""
    rng, said = np.random.default_rng(seed), Counter[str]()
    size = random_effects(study, 24.0, rng) if moved else np.zeros(len(study.groups))
    scores = {(w, b): planted_scores(study, w, b, size) for w in WINDOWS_H for b in (LAST_CLOSE, FIRST_CLOSE_AFTER)}
    scores |= {(w, LAST_CLOSE): study.moves.scores(RESIDUAL, w) for w in study.before}
    for at in draws(study, "all pairs", studies, rng):
        tests = {k: _tested(study, s, at, *k) for k, s in scores.items()}
        known = {k: o for k, o in tests.items() if o is not None}
        q = dict(zip(known, stats.false_discovery_control([o.p_value for o in known.values()]), strict=True))
        sure = {k for k, o in known.items() if q[k] < 0.05 and o.statistic > 0}
        after = any(w >= MIN_BARS and b == FIRST_CLOSE_AFTER for w, b in sure)
        more = any(_more_after(study, scores, at, w) for w in WINDOWS_H if -w in study.before)
        said[verdict(after=after, before=any(w < 0 for w, _ in sure), more=more,
                     at_stamp=any(w > 0 and b == LAST_CLOSE for w, b in sure))] += 1  # fmt: skip
    return said


def _tested(study: ImpactStudy, scores: Array, at: NDArray[np.int64], w: float, base: str) -> Outcome | None:
    own = at[study.clean(w)[at]]
    return placebo_rank(scores[own], study.moves.matched(RESIDUAL, w, base).where(own), study.hours, w)


def _more_after(study: ImpactStudy, scores: dict[tuple[float, str], Array], at: NDArray[np.int64], w: float) -> bool:
    difference = scores[w, FIRST_CLOSE_AFTER][at, 0] - scores[-w, LAST_CLOSE][at, 0]
    found = mean_with_overlap(difference, study.sample.when_h[at], max(2 * w, 36.0), test=AFTER_LESS_BEFORE)
    return found is not None and found.p_value < 0.05 and found.statistic > 0


def print_sizes(found: dict[str, dict[float, dict[str, tuple[float, float]]]]) -> list[tuple[str, bool]]:
    """Both tails in per cent by mix, window and test; what holds of the preferred tests."""
    names = sorted({n for of in found.values() for t in of.values() for n in t})
    out = []
    for name in names:
        print(f"\n{name}: rejected, per cent (above, below)")
        for mix, of in found.items():
            cells = [of[w].get(name) for w in WINDOWS_H]
            told = [
                f"{'-':>16}" if c is None else f"{100 * sum(c):>6.1f} ({100 * c[0]:>3.1f}, {100 * c[1]:>3.1f})"
                for c in cells
            ]
            print(f"  {mix:<12}" + "".join(told))
            for w, c in zip(WINDOWS_H, cells, strict=True):
                if c is not None and is_preferred(name):
                    inside = LOW <= sum(c) <= HIGH and all(TAIL_LOW <= x <= TAIL_HIGH for x in c)
                    out.append(
                        (f"{name}, {mix}, {w:g} h: {100 * sum(c):.1f} % ({100 * c[0]:.1f}, {100 * c[1]:.1f})", inside)
                    )
    return out


def is_preferred(name: str) -> bool:
    """Whether the report prefers this test on this benchmark."""
    return (name.startswith(RANK) and RESIDUAL in name) or name == "shifted_t market"


def size_and_power(
    bars: Bars, studies: int
) -> tuple[dict[str, dict[float, Tally]], dict[str, dict[float, Counter[str]]]]:
    """Rejections where nothing was planted, and findings of what was, by mix and window."""
    tallies = {m: {w: Tally() for w in WINDOWS_H} for m in MIXES}
    counts: dict[str, dict[float, Counter[str]]] = {m: {w: Counter() for w in WINDOWS_H} for m in MIXES}
    bitcoin, every = np.array([bars.assets.index("BTC")]), np.arange(len(bars.assets))
    rng = np.random.default_rng(1)
    for seed in range(POOLS):
        pool, of_bitcoin = random_pool(bars, rng, every), random_pool(bars, rng, bitcoin)
        for mix in MIXES:
            chosen = of_bitcoin if mix == "BTC" else pool
            count_rejections(tallies[mix], chosen, mix, studies // POOLS, seed)
            count_found(counts[mix], chosen, mix, studies // POOLS // 2, seed)
    return tallies, counts


def print_powers(counts: dict[str, dict[float, Counter[str]]]) -> list[tuple[str, bool]]:
    """Power in per cent by mix and window; what holds."""
    print(f"\nPower, planted moves of {PLANTED} sigma (raw) on average, {N_RELEASES} releases: ranks (days)")
    out = []
    for mix, of in counts.items():
        share = {w: (100 * c[RANK] / c["studies"], 100 * c[DAYS] / c["studies"]) for w, c in of.items()}
        print(f"  {mix:<12}" + "".join(f"{rank:>8.1f} ({days:.1f})" for rank, days in share.values()))
        out += [(f"power {mix}, {w:g} h: {rank:.0f} %", rank >= 100 * POWER) for w, (rank, _) in share.items()]
    return out


def print_verdicts(bars: Bars, studies: int) -> list[tuple[str, bool]]:
    """What is said of releases that follow prices and of those that move them; what holds."""
    rng, every = np.random.default_rng(2), np.arange(len(bars.assets))
    said = {f"arrival × {k}": verdicts(reacting_pool(bars, rng, k), studies, 4, moved=False) for k in (1, 3, 6)}
    said["moved after"] = verdicts(random_pool(bars, rng, every), studies, 5, moved=True)
    print("\nVerdicts, share of studies:")
    out = []
    for name, of in said.items():
        print(f"  {name:<12} " + ", ".join(f"{v} {100 * n / of.total():.1f} %" for v, n in of.most_common()))
        moving = (of[MOVES] + of[AS_MUCH_BEFORE]) / of.total()
        held = moving >= TOLD if name == "moved after" else moving <= 1 - TOLD
        out.append((f"{name}: told to move prices in {100 * moving:.1f} %", held))
    return out


def main() -> None:
    """Print sizes, powers and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with candles_1h.parquet")
    parser.add_argument("--studies", type=int, default=2000)
    args = parser.parse_args()
    began, bars = time.perf_counter(), load_bars(args.data)
    with threadpool_limits(2):
        tallies, counts = size_and_power(bars, args.studies)
        held = print_sizes({m: {w: t.rates() for w, t in of.items()} for m, of in tallies.items()})
        held += print_powers(counts)
        held += print_verdicts(bars, args.studies)
    print()
    for line, kept in held:
        if not kept:
            print(f"FALLS SHORT  {line}")
    print(f"{sum(k for _, k in held)} of {len(held)} hold; {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
