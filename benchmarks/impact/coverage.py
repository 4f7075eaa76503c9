"""Simulated impact studies without training: one study is one market of half a year with its releases, planted or not.

Run as a script it repeats the study and prints, window by window, how often planted effects lie in the 95 % intervals,
how often they are found, and how often the tests reject where nothing was planted:

    python -m benchmarks.impact.coverage --studies 200
    python -m benchmarks.impact.coverage --studies 200 --per-day 0.4     # fewer releases
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars
from features.volatility import volatility_scale
from models.impact.comparison.compare import Comparison, compare
from models.impact.sample import ALL, build_sample
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import mean_with_overlap
from models.impact.study import ImpactStudy
from models.impact.study_inference import excess_tests
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE, RAW, RESIDUAL
from models.simulation.prices import ASSETS, SimulatedBars, make_bars, simulate_paths
from models.simulation.releases import Release, draw_releases, planted_effects, planted_response

START = datetime(2023, 7, 3, tzinfo=UTC)
HOURS = 26 * 168
WINDOWS_H = (4.0, 8.0, 24.0, 48.0, 72.0)
PER_DAY = 0.85
PERMUTATIONS = 400
TRUTH_DRAWS, TRUTH_PER_DAY = 2, 12.0


@dataclass(frozen=True)
class Window:
    """What one window of a study shows, by test name; the truth of the market that was built."""

    found: dict[str, Outcome]
    raw: dict[str, Outcome]
    after_stamp: dict[str, Outcome]
    difference: Comparison | None
    ranks: Comparison | None
    mean_car: Outcome | None
    truth: "Effects"


def grid(bars: SimulatedBars) -> Bars:
    """Simulated bars as the features want them."""
    close = np.datetime64(START.replace(tzinfo=None), "s") + np.arange(1, len(bars.close) + 1) * np.timedelta64(
        3600, "s"
    )
    names = tuple(a.ticker for a in ASSETS)
    return Bars(names, "1h", close, bars.open, bars.high, bars.low, bars.close, bars.volume)


def release_frame(releases: list[Release]) -> pl.DataFrame:
    """Releases as a study takes them."""
    return pl.DataFrame({
        "doc_id": [r.guid for r in releases], "asset": [r.asset for r in releases],
        "event_ts": [r.published for r in releases], "available_ts": [r.published for r in releases],
        "release_group": [r.group for r in releases], "is_late_stamp": False, "is_recommended": True,
        "kind": [r.kind for r in releases],
        "published_authorship": ["machine" if r.group == "generated" else "human" for r in releases],
    })  # fmt: skip


def simulated_study(
    seed: int, hours: int = HOURS, *, planted: bool = True, windows_h: tuple[float, ...] = WINDOWS_H,
    per_day: float = PER_DAY,
) -> ImpactStudy:  # fmt: skip
    """The study of one simulated market."""
    releases = draw_releases(seed, START, hours, with_text=False, per_day=per_day)
    paths = simulate_paths(seed, hours)
    effects = planted_effects(releases, START, hours, len(ASSETS)) if planted else np.zeros_like(paths.returns)
    bars = grid(make_bars(paths, effects))
    return ImpactStudy(build_sample(release_frame(releases), bars), windows_h, volatility_scale(bars))


def simulate(seed: int, *, planted: bool, per_day: float) -> dict[float, Window]:
    """One study, window by window."""
    study = simulated_study(seed, planted=planted, per_day=per_day)
    return {
        w: _window(study, w, true_effects(study, seed, w) if planted else Effects(0.0, 0.0, 0.0)) for w in study.windows
    }


@dataclass(frozen=True)
class Effects:
    """What releases add on one market: mean of |move| ÷ sigma, of generated less real ones, mean CAR."""

    excess: float
    difference: float
    car: float


def true_effects(study: ImpactStudy, seed: int, window: float) -> Effects:
    """What planting adds on average over very many releases at random moments of one market.

    |move + planted move| − |move| at the window's end, in units of sigma; the moves are those that the market makes at
    such moments anyhow, with what other releases do to it.
    """
    moves, bars = study.moves.grids[RESIDUAL], study.bars
    drawn, published = _very_many(seed)
    row = bars.row_at(published)
    asset, steps = np.array([r.asset_index for r in drawn]), round(window)
    row = np.maximum(row, 0)
    noise = moves.moved(row, asset, steps)
    end = bars.close_ts[np.minimum(row + steps, len(bars.close_ts) - 1)]
    age_h = (end - published) / np.timedelta64(3600, "s")
    moved = np.array([planted_response(r, age_h[[i]])[0] for i, r in enumerate(drawn)])
    added = (np.abs(noise + moved) - np.abs(noise)) / moves.sigma(row, asset, steps)
    known = np.isfinite(added) & (row > sum(study.design.rows(bars)[:2]))
    group = np.array([r.group for r in drawn])
    return Effects(
        _mean(added, known), _mean(added, known & (group == "generated")) - _mean(added, known & (group == "real")),
        _mean(moved, known),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _very_many(seed: int) -> tuple[list[Release], NDArray[np.datetime64]]:
    """Releases at random moments, the same for every window of a study, and when they come, to the second."""
    drawn = [
        r
        for n in range(TRUTH_DRAWS)
        for r in draw_releases(seed + 10_000_000 * (n + 1), START, HOURS, with_text=False, per_day=TRUTH_PER_DAY)
    ]
    return drawn, np.array([np.datetime64(r.published.replace(tzinfo=None), "s") for r in drawn])


def _window(study: ImpactStudy, window: float, truth: Effects) -> Window:
    clean, when = study.clean(window), study.sample.when_h
    member = study.member(ALL) & clean
    tests = {
        (benchmark, base): {o.test: o for o in excess_tests(study, benchmark, member, window, base)}
        for benchmark, base in ((RESIDUAL, LAST_CLOSE), (RAW, LAST_CLOSE), (RESIDUAL, FIRST_CLOSE_AFTER))
    }
    excess, cars = study.excess(window), study.cars("market")[window]
    two = ((study.groups == "generated") | (study.groups == "real")) & clean
    is_a = study.groups[two] == "generated"
    scores = study.moves.scores(RESIDUAL, window)[:, 0]
    return Window(
        tests[RESIDUAL, LAST_CLOSE], tests[RAW, LAST_CLOSE], tests[RESIDUAL, FIRST_CLOSE_AFTER],
        compare(excess[two], is_a, when[two], window, permutations=PERMUTATIONS),
        compare(scores[two], is_a, when[two], window, permutations=PERMUTATIONS),
        mean_with_overlap(cars[member], when[member], window, test="mean_car"), truth,
    )  # fmt: skip


def _mean(x: Array, member: Array) -> float:
    return float(x[member].mean())


def summarise(planted: list[dict[float, Window]], null: list[dict[float, Window]]) -> dict[float, dict[str, float]]:
    """Coverage, power and size per window.

    The truth of an interval is what planting adds on the study's own market, on average over releases at any moment.
    """
    out = {}
    for w in planted[0]:
        p, q = [s[w] for s in planted], [s[w] for s in null]
        out[w] = {
            "releases": float(np.mean([x.found["excess_move"].n for x in p])),
            "planted_excess": float(np.mean([x.truth.excess for x in p])),
            "found_excess": float(np.mean([x.found["excess_move"].estimate for x in p])),  # type: ignore[arg-type]
            "coverage_excess": _share(_covers(x.found["excess_move"], x.truth.excess) for x in p),
            "planted_difference": float(np.mean([x.truth.difference for x in p])),
            "coverage_difference": _share(_covers(x.difference, x.truth.difference) for x in p),
            "coverage_mean_car": _share(_covers(x.mean_car, x.truth.car) for x in p),
            "found_difference": float(np.mean([x.difference.difference for x in p if x.difference])),
            "power_rank": _share(_rejects(x.found.get("placebo_rank")) for x in p),
            "power_days": _share(_rejects(x.found.get("placebo_days")) for x in p),
            "power_rank_after_stamp": _share(_rejects(x.after_stamp.get("placebo_rank")) for x in p),
            "power_raw": _share(_rejects(x.raw.get("placebo_rank")) for x in p),
            "power_difference": _share(_rejects(x.difference) for x in p),
            "power_difference_ranks": _share(_rejects(x.ranks) for x in p),
            "size_rank": _share(_rejects(x.found.get("placebo_rank")) for x in q),
            "size_days": _share(_rejects(x.found.get("placebo_days")) for x in q),
            "size_excess": _share(_rejects(x.found.get("excess_move")) for x in q),
            "size_rank_after_stamp": _share(_rejects(x.after_stamp.get("placebo_rank")) for x in q),
            "size_difference": _share(_rejects(x.difference) for x in q),
            "size_difference_ranks": _share(_rejects(x.ranks) for x in q),
            "size_mean_car": _share(_rejects(x.mean_car) for x in q),
        }
    return out


def _covers(found: Outcome | Comparison | None, truth: float) -> bool:
    return found is not None and found.low is not None and found.high is not None and found.low <= truth <= found.high


def _rejects(found: Outcome | Comparison | None) -> bool:
    return found is not None and found.p_value < 0.05


def _share(hits: object) -> float:
    return float(np.mean(list(hits)))  # type: ignore[call-overload]


def _both(task: tuple[int, float]) -> tuple[dict[float, Window], dict[float, Window]]:
    seed, per_day = task
    return simulate(seed, planted=True, per_day=per_day), simulate(seed + 1_000_000, planted=False, per_day=per_day)


def main() -> None:
    """Print the summary, window by window."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200, help="number of simulated studies of each kind")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--per-day", type=float, default=PER_DAY, help="releases a day over all assets")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON as well")
    args = parser.parse_args()
    began = time.perf_counter()
    seeds = range(args.first_seed, args.first_seed + args.studies)
    with ProcessPoolExecutor(args.workers) as pool:
        results = list(pool.map(_both, [(s, args.per_day) for s in seeds], chunksize=4))
    out = summarise([r[0] for r in results], [r[1] for r in results])
    names = list(next(iter(out.values())))
    print(f"{args.studies} markets with planted effects, as many without; window, h" + "".join(f"{w:>9g}" for w in out))
    for name in names:
        print(f"{name:<58}" + "".join(f"{of[name]:>9.3f}" for of in out.values()))
    if args.json:
        print(json.dumps(out))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
