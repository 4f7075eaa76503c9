"""Size and power of the tests of an effect on real prices, with releases that never were.

Pseudo-releases are put at random moments on hourly candles of 22 pairs (`--data`), and studies of a hundred of them are
drawn in four mixes. Nothing happened at those moments, so that a test at 5 % should reject in 5 %, half of it in each
tail. Then moves are planted after them; last the moments are drawn so that releases *follow* prices: arrival is three
and six times as likely in hours beyond two sigmas, inside the bar. Prices are real; releases and effects are simulated.

    python -m benchmarks.impact.real_prices --data ../shared/data                 # 2,000 studies a cell
    python -m benchmarks.impact.real_prices --data ../shared/data --studies 400
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from domain.types import Array
from features.candles import Bars, build_bars
from features.volatility import volatility_scale
from models.impact.findings.response import AS_MUCH_BEFORE, MIN_BARS, MOVES, verdict
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import Events
from models.impact.sample import build_sample
from models.impact.significance.event_tests import event_tests, prepare
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import mean_with_overlap
from models.impact.significance.placebo_ranks import DAYS, RANK, normal_scores, placebo_days, placebo_rank
from models.impact.study import ImpactStudy
from models.impact.study_inference import AFTER_LESS_BEFORE
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE, RAW, RESIDUAL

WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
POOL, N_RELEASES = 15_000, 100
MIXES = ("all pairs", "BTC", "25 days", "half a year")
PLANTED = 0.35
CLASSIC = {"market": ("shifted_t", "clustered_bootstrap", "mean_car"), "reference_walk": ("shifted_t", "mean_car")}
LOW, HIGH, TAIL_LOW, TAIL_HIGH = 0.04, 0.06, 0.015, 0.035
POWER, TOLD = 0.75, 0.95
START = np.datetime64("2020-09-01")


def load_bars(data: Path) -> Bars:
    """The hourly grid of the real candles."""
    candles = pl.read_parquet(data / "candles_1h.parquet").select(
        pl.col("symbol").str.split("/").list.get(0).alias("asset"),
        pl.col("symbol").str.split("/").list.get(1).alias("quote"), "symbol", "timeframe", exchange=pl.lit("binance"),
        event_ts=pl.col("ts").cast(pl.Datetime("us", "UTC")), open_quote="open", high_quote="high", low_quote="low",
        close_quote="close", volume_base="volume",
    )  # fmt: skip
    return build_bars(candles.with_columns(available_ts=pl.col("event_ts") + pl.duration(hours=1)), "1h")


def pool_of(bars: Bars, rows: NDArray[np.int64], asset: NDArray[np.int64]) -> ImpactStudy:
    """A study of pseudo-releases half an hour after the closes `rows`; none of them counts as news for another."""
    moment = pl.Series(bars.close_ts[rows].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({
        "doc_id": [f"p{i}" for i in range(len(rows))], "asset": [bars.assets[a] for a in asset], "event_ts": moment,
        "release_group": "real", "is_late_stamp": False, "is_recommended": True,
    }).with_columns(event_ts=pl.col("event_ts") + pl.duration(minutes=30))  # fmt: skip
    none = np.zeros(0, dtype=np.int64)
    chosen = build_sample(frame.with_columns(available_ts=pl.col("event_ts")), bars)
    alone = replace(chosen, released=Events(none, none, np.zeros(0)))
    return ImpactStudy(alone, WINDOWS_H, volatility_scale(bars), announcements=macro_announcements())


def random_pool(bars: Bars, rng: np.random.Generator, assets: NDArray[np.int64]) -> ImpactStudy:
    """Pseudo-releases at random moments of some assets."""
    first, last = int(np.searchsorted(bars.close_ts, START)), len(bars.close_ts) - 80
    return pool_of(bars, np.sort(rng.integers(first, last, POOL)), rng.choice(assets, POOL))


def reacting_pool(bars: Bars, rng: np.random.Generator, times: int) -> ImpactStudy:
    """Pseudo-releases inside bars that are `times` as likely where the bar moves more than two sigmas."""
    raw = volatility_scale(bars)
    sigma = np.sqrt(raw.horizon_variance(1))
    move = np.full(bars.close.shape, np.nan)
    move[1:] = np.abs(np.log(bars.close[1:] / bars.close[:-1])) / sigma[:-1]
    first, last = int(np.searchsorted(bars.close_ts, START)), len(bars.close_ts) - 80
    weight = np.where(np.isfinite(move[first:last]), 1.0 + (times - 1) * (move[first:last] > 2), 0.0)
    at = rng.choice(weight.size, POOL, p=(weight / weight.sum()).ravel())
    bar, asset = np.divmod(np.sort(at), weight.shape[1])
    return pool_of(bars, first + bar - 1, asset)


def draws(study: ImpactStudy, mix: str, studies: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Places in the pool of the releases of each study."""
    when = study.sample.when_h
    day = np.floor(when / 24).astype(np.int64)
    days, count = np.unique(day, return_counts=True)
    full = days[count >= 4]
    for _ in range(studies):
        if mix == "25 days":
            chosen = rng.choice(full, N_RELEASES // 4, replace=False)
            yield np.sort(np.concatenate([rng.choice(np.flatnonzero(day == d), 4, replace=False) for d in chosen]))
            continue
        among = np.arange(len(when))
        if mix == "half a year":
            begin = rng.uniform(when[0], when[-1] - 4380)
            among = np.flatnonzero((when >= begin) & (when < begin + 4380))
        yield np.sort(rng.choice(among, min(N_RELEASES, len(among)), replace=False))


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


def sizes(study: ImpactStudy, mix: str, studies: int, seed: int) -> dict[float, dict[str, tuple[float, float]]]:
    """Rejection rates by window and test, nothing planted."""
    tallies = {w: Tally() for w in WINDOWS_H}
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
    return {w: t.rates() for w, t in tallies.items()}


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


def powers(study: ImpactStudy, mix: str, studies: int, seed: int) -> dict[float, dict[str, float]]:
    """Share of studies that find the planted moves, by window, with all releases counted (none confounded)."""
    rng, out = np.random.default_rng(seed), {}
    for w in WINDOWS_H:
        found: Counter[str] = Counter()
        rounds = 10
        for _ in range(rounds):
            scores = planted_scores(study, w, LAST_CLOSE, random_effects(study, w, rng))
            matched = study.moves.matched(RESIDUAL, w)
            for at in draws(study, mix, studies // rounds, rng):
                tested = placebo_rank(scores[at], matched.where(at), study.hours, w)
                found[RANK] += tested is not None and tested.p_value < 0.05 and tested.statistic > 0
                days = placebo_days(scores[at], study.hours[matched.row[at]], w, draws=199)
                found[DAYS] += days is not None and days.p_value < 0.05 and days.statistic > 0
        out[w] = {t: n / (studies // rounds * rounds) for t, n in found.items()}
    return out


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
    return (name.startswith((RANK, DAYS)) and RESIDUAL in name) or name == "shifted_t market"


def main() -> None:
    """Print sizes, powers and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with candles_1h.parquet")
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON as well")
    args = parser.parse_args()
    began, bars, rng = time.perf_counter(), load_bars(args.data), np.random.default_rng(1)
    with threadpool_limits(2):
        pool = random_pool(bars, rng, np.arange(len(bars.assets)))
        bitcoin = random_pool(bars, rng, np.array([bars.assets.index("BTC")]))
        pools = {m: bitcoin if m == "BTC" else pool for m in MIXES}
        found = {m: sizes(pools[m], m, args.studies, 2) for m in MIXES}
        held = print_sizes(found)
        power = {m: powers(pools[m], m, args.studies // 2, 3) for m in MIXES}
        print(f"\nPower, planted moves of {PLANTED} sigma (raw) on average, {N_RELEASES} releases:")
        for mix, of in power.items():
            print(f"  {mix:<12}" + "".join(f"{100 * of[w][RANK]:>8.1f} ({100 * of[w][DAYS]:.1f})" for w in WINDOWS_H))
        held += [
            (f"power {m}, {w:g} h: {100 * p[RANK]:.0f} %", p[RANK] >= POWER)
            for m, of in power.items()
            for w, p in of.items()
        ]
        said = {
            f"arrival × {k}": verdicts(reacting_pool(bars, rng, k), args.studies, 4, moved=False) for k in (1, 3, 6)
        }
        said["moved after"] = verdicts(pool, args.studies, 5, moved=True)
        print("\nVerdicts, share of studies:")
        for name, of in said.items():
            print(f"  {name:<12} " + ", ".join(f"{v} {100 * n / of.total():.1f} %" for v, n in of.most_common()))
        for name, of in said.items():
            moving = (of[MOVES] + of[AS_MUCH_BEFORE]) / of.total()
            held.append(
                (
                    f"{name}: told to move prices in {100 * moving:.1f} %",
                    moving >= TOLD if name == "moved after" else moving <= 1 - TOLD,
                )
            )
    print()
    for line, kept in held:
        if not kept:
            print(f"FALLS SHORT  {line}")
    print(f"{sum(k for _, k in held)} of {len(held)} hold; {time.perf_counter() - began:.0f} s")
    if args.json:
        print(json.dumps({"size": found, "power": power, "said": said}))


if __name__ == "__main__":
    main()
