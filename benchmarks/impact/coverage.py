"""Simulated impact studies without training: one study is one market of half a year with its releases, planted or not.

Run as a script it repeats the study and prints how often planted effects lie in the 95 % intervals and how often the
tests reject where nothing was planted:

    python -m benchmarks.impact.coverage --studies 1000
    python -m benchmarks.impact.coverage --studies 200 --curve     # and power and coverage by the number of releases
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from features.candles import Bars
from features.volatility import volatility_scale
from models.impact.comparison.compare import compare
from models.impact.measure.benchmarks import abnormal_returns
from models.impact.measure.events import Events, measurable
from models.impact.measure.paths import car
from models.impact.measure.placebo import placebo_moves
from models.impact.significance.event_tests import event_tests, prepare
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import excess_move, mean_with_overlap
from models.simulation.prices import ASSETS, SimulatedBars, make_bars, simulate_paths
from models.simulation.releases import PER_DAY, Release, draw_releases, planted_effects, planted_response

START = datetime(2023, 7, 3, tzinfo=UTC)
HOURS = 26 * 168
PERMUTATIONS = 400


@dataclass(frozen=True)
class Study:
    """One study: interval and p-value of each estimate, with the truth of the signed mean where it is known."""

    mean_car: Outcome
    true_mean_car: float
    excess: Outcome
    difference: tuple[float, float, float]
    difference_p: float
    own_excess: float
    own_difference: float
    classic: dict[str, float]
    n_releases: int


def grid(bars: SimulatedBars) -> Bars:
    """Simulated bars as the features want them."""
    close = np.datetime64(START.replace(tzinfo=None), "s") + np.arange(1, len(bars.close) + 1) * np.timedelta64(
        3600, "s"
    )
    names = tuple(a.ticker for a in ASSETS)
    return Bars(names, "1h", close, bars.open, bars.high, bars.low, bars.close, bars.volume)


def simulate_study(seed: int, *, planted: bool, window_h: float = 24.0, per_day: float = PER_DAY) -> Study:
    """One study of `window_h` after each release, with or without planted effects."""
    releases = draw_releases(seed, START, HOURS, with_text=False, per_day=per_day)
    paths = simulate_paths(seed, HOURS)
    effects = planted_effects(releases, START, HOURS, len(ASSETS)) if planted else np.zeros_like(paths.returns)
    bars, quiet = (grid(make_bars(paths, e)) for e in (effects, np.zeros_like(effects)))
    moments = np.array([np.datetime64(r.published.replace(tzinfo=None), "s") for r in releases])
    asset = np.array([r.asset_index for r in releases])
    events = Events(asset, bars.row_at(moments), np.zeros(len(releases)))
    keep = measurable(bars, events) & (events.row + int(window_h) < HOURS)
    events = Events(events.asset[keep], events.row[keep], events.uncertainty_h[keep])
    kept = [r for r, k in zip(releases, keep, strict=True) if k]
    return _measure(bars, quiet, events, kept, window_h, planted)


def _measure(bars: Bars, quiet: Bars, events: Events, kept: list[Release], window_h: float, planted: bool) -> Study:
    sigma_grid = np.sqrt(volatility_scale(bars).horizon_variance(int(window_h)))
    sigma = sigma_grid[events.row, events.asset]
    mine = abnormal_returns(bars, events)
    when = bars.close_ts[events.row].astype(np.float64) / 3600
    group = np.array([r.group for r in kept])
    own = np.array([_planted(r, bars, row, window_h) for r, row in zip(kept, events.row, strict=True)]) * planted
    signed = car(mine["market"], window_h)
    mean = mean_with_overlap(signed, when, window_h, test="mean_car")
    placebo = placebo_moves(bars, events, sigma_grid, window_h)
    scaled = np.abs(car(mine["reference_walk"], window_h)) / sigma
    excess = scaled - placebo.mean
    mean_excess = excess_move(scaled, placebo, when, bars.close_ts.astype(np.float64) / 3600, window_h)
    two = (group == "generated") | (group == "real")
    compared = compare(excess[two], group[two] == "generated", when[two], window_h, permutations=PERMUTATIONS)
    still = car(abnormal_returns(quiet, events)["reference_walk"], window_h)
    moved = (np.abs(car(mine["reference_walk"], window_h)) - np.abs(still)) / sigma
    assert mean is not None
    assert mean_excess is not None
    assert compared is not None
    made = prepare(mine["market"], (window_h,), events.row)
    everyone = [np.ones(len(events), dtype=bool)]
    classic = {o.test: o.p_value for o in event_tests(made, everyone, when, draws=PERMUTATIONS)[0][0]}
    counted = np.isfinite(excess)
    return Study(
        mean, float(own.mean()), mean_excess, (compared.difference, compared.low, compared.high), compared.p_value,
        float(moved[counted].mean()),
        float(moved[counted & (group == "generated")].mean() - moved[counted & (group == "real")].mean()), classic,
        int(counted.sum()),
    )  # fmt: skip


def _planted(release: Release, bars: Bars, row: int, window_h: float) -> float:
    """The release's own planted move from its base close to the end of the window."""
    end = bars.close_ts[row] + np.timedelta64(int(window_h * 3600), "s")
    hours = (end - np.datetime64(release.published.replace(tzinfo=None), "s")) / np.timedelta64(3600, "s")
    return float(planted_response(release, np.array([hours]))[0])


def summarise(planted: list[Study], null: list[Study]) -> dict[str, float]:
    """Coverage with planted effects and rejection rates without.

    The truth of an interval is the mean over the population of releases: of their own planted moves at the end of the
    window (signed mean), and of what the planting added to |CAR| ÷ sigma with the noise held fixed (excess).
    """
    mean_truth = float(np.mean([s.true_mean_car for s in planted]))
    excess_truth = float(np.mean([s.own_excess for s in planted]))
    difference_truth = float(np.mean([s.own_difference for s in planted]))
    return {
        "studies": len(planted),
        "releases": float(np.mean([s.n_releases for s in planted])),
        "coverage_mean_car": _share(s.mean_car.low <= mean_truth <= s.mean_car.high for s in planted),  # type: ignore[operator]
        "coverage_excess": _share(s.excess.low <= excess_truth <= s.excess.high for s in planted),  # type: ignore[operator]
        "coverage_difference": _share(s.difference[1] <= difference_truth <= s.difference[2] for s in planted),
        "planted_excess": excess_truth,
        "mean_excess_found": float(np.mean([s.excess.estimate for s in planted])),  # type: ignore[arg-type]
        "power_excess": _share(s.excess.p_value < 0.05 for s in planted),
        "planted_difference": difference_truth,
        "mean_difference_found": float(np.mean([s.difference[0] for s in planted])),
        "power_difference": _share(s.difference_p < 0.05 for s in planted),
        "size_mean_car": _share(s.mean_car.p_value < 0.05 for s in null),
        "size_excess": _share(s.excess.p_value < 0.05 for s in null),
        "size_difference": _share(s.difference_p < 0.05 for s in null),
        **{f"size_{t}": _share(s.classic[t] < 0.05 for s in null) for t in null[0].classic},
    }


def _share(hits: object) -> float:
    return float(np.mean(list(hits)))  # type: ignore[call-overload]


def _both(task: tuple[int, float]) -> tuple[Study, Study]:
    seed, per_day = task
    return (
        simulate_study(seed, planted=True, per_day=per_day),
        simulate_study(seed + 1_000_000, planted=False, per_day=per_day),
    )


CURVE = (0.7, 1.0, 2.0, 4.0, 8.0)  # times the simulator's own rate of releases


def print_curve(pool: ProcessPoolExecutor, seeds: range) -> None:
    """Power, coverage and size by the number of releases in half a year."""
    print("releases   excess: power, covered, size      difference: power, covered, size")
    for factor in CURVE:
        results = list(pool.map(_both, [(s, factor * PER_DAY) for s in seeds], chunksize=4))
        out = summarise([r[0] for r in results], [r[1] for r in results])
        cells = [100 * out[k] for k in ("power_excess", "coverage_excess", "size_excess", "power_difference",
                                        "coverage_difference", "size_difference")]  # fmt: skip
        told = [f"{c:>6.1f}" for c in cells]
        means = [
            f"{out[k]:+.3f}"
            for k in ("planted_excess", "mean_excess_found", "planted_difference", "mean_difference_found")
        ]
        print(f"{out['releases']:>8.0f}   {' '.join(told[:3])} %          {' '.join(told[3:])} %   "
              f"planted and found {' '.join(means)}", flush=True)  # fmt: skip


def main() -> None:
    """Print the summary as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000, help="number of simulated studies of each kind")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--curve", action="store_true", help="power by the number of releases as well")
    args = parser.parse_args()
    began = time.perf_counter()
    seeds = range(args.first_seed, args.first_seed + args.studies)
    with ProcessPoolExecutor(args.workers) as pool:
        if args.curve:
            print_curve(pool, seeds)
        results = list(pool.map(_both, [(s, PER_DAY) for s in seeds], chunksize=8))
    out = summarise([r[0] for r in results], [r[1] for r in results])
    print(json.dumps({**out, "seconds": round(time.perf_counter() - began)}, indent=1))


if __name__ == "__main__":
    main()
