"""What to expect after releases, on simulated markets: bands that hold, direction that is read, nothing from nothing.

Each market has 12 assets, a year and a half and some 460 releases with texts; releases are walked forward, and those
after the first 100 are judged.

    python -m benchmarks.response.simulated --markets 10
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.impact.coverage import START, grid, release_frame
from domain.types import Array
from features.volatility import volatility_scale
from models.impact.comparison.groups import NO_CAPS, release_traits
from models.impact.event_time import history_of
from models.impact.findings.response_record import record_rows, said_of_record
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from models.quantiles.quantiles import CENTRAL, MEDIAN
from models.quantiles.scores import crps
from models.response.by_record import HIGH, LOW
from models.response.levels import CENTRAL_LEVELS
from models.response.walk_forward import LEVEL_NAMES, WALK, expect
from models.simulation.prices import ASSETS, make_bars, simulate_paths
from models.simulation.releases import draw_releases, planted_effects

HOURS = 78 * 168
WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
FIRST_SEED, BURN_IN = 3000, 100
GROUPS = ("real", "generated", "fabricated")


def market(seed: int, *, planted: bool) -> dict[str, Array]:
    """Figures of one market, by name, per window."""
    releases = draw_releases(seed, START, HOURS)
    paths = simulate_paths(seed, HOURS)
    effects = planted_effects(releases, START, HOURS, len(ASSETS)) if planted else np.zeros_like(paths.returns)
    bars = grid(make_bars(paths, effects))
    study = ImpactStudy(build_sample(release_frame(releases), bars), WINDOWS_H, volatility_scale(bars))
    of = {r.guid: r for r in releases}
    chosen = [of[d] for d in study.sample.frame["doc_id"]]
    history, order = history_of(
        study,
        release_traits(study, NO_CAPS),
        [f"{r.title} {r.body}" for r in chosen],
        ["press_release"] * len(chosen),
    )
    found = expect(history)
    judged, move = slice(BURN_IN, None), history.move[BURN_IN:]
    group = np.array([chosen[i].group for i in order])[judged]
    q = found.combined[judged]
    inside = np.where(np.isfinite(move), (move >= q[..., LOW]) & (move <= q[..., HIGH]), np.nan)
    loss = {name: _crps(found.levels[judged, :, k], move) for k, name in enumerate(LEVEL_NAMES)}
    loss |= {"combined": _crps(q, move), "shuffled": _crps(found.shuffled[judged], move)}
    out = {"covers": np.nanmean(inside, axis=0)}
    out |= {f"covers {g}": np.nanmean(inside[group == g], axis=0) for g in GROUPS}
    out |= {f"CRPS {name}": np.nanmean(x, axis=0) / np.nanmean(loss[WALK], axis=0) for name, x in loss.items()}
    out["correlation"] = np.array([_correlation(q[:, h, MEDIAN], move[:, h]) for h in range(len(WINDOWS_H))])
    record = record_rows(history, np.array([chosen[i].group for i in order]), found)
    out["words are said to tell"] = np.full(len(WINDOWS_H), "Words tell something" in " ".join(said_of_record(record)))
    out["weight of words"] = found.weight[-1, :, LEVEL_NAMES.index("words")]
    return out


def _crps(quantiles: Array, move: Array) -> Array:
    return crps(quantiles[..., CENTRAL], move, CENTRAL_LEVELS)


def _correlation(expected: Array, move: Array) -> float:
    known = np.isfinite(move)
    return float(np.corrcoef(expected[known], move[known])[0, 1]) if np.ptp(expected[known]) > 0 else 0.0


def main() -> None:
    """Print means over markets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=10)
    parser.add_argument("--without", type=int, default=40, help="markets without effects")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(args.workers) as pool:
        for planted in (True, False):
            n = args.markets if planted else args.without
            if not n:
                continue
            found = list(pool.map(partial(market, planted=planted), range(FIRST_SEED, FIRST_SEED + n)))
            print(f"\n{'With' if planted else 'Without'} effects" + "".join(f"{w:>9g} h" for w in WINDOWS_H))
            for name in found[0]:
                print(f"{name:<24}" + "".join(f"{x:>11.3f}" for x in np.mean([f[name] for f in found], axis=0)))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
