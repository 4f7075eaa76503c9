"""What the network makes of words, on a simulated market where every release moves its asset by what its text says.

Effect = direction of its kind × strength × capitalisation^−γ, after a delay that the text tells. The network is
trained on the first four fifths and reads the releases of the last fifth: same past, with the release, with another
one's text in its place, and with none. Two more networks are trained where there is nothing to learn: on a market
without effects, and on the market with effects whose texts have been dealt out anew. Everything here is simulated.

    python -m benchmarks.impact.counterfactual            # 20,000 releases and more, three trainings
    python -m benchmarks.impact.counterfactual --short    # a quarter of it
"""

import argparse
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from benchmarks.forecasts.studies import NO_NEWS, shipped
from benchmarks.impact.coverage import START, grid
from domain.types import Array
from features.panel import build_panel
from features.volatility import volatility_scale
from models.forecast.baselines.scaled import reference_walk
from models.forecast.baselines.walks import horizon_sigma, targets
from models.forecast.dataset import Dataset
from models.forecast.network.train import split, train
from models.forecast.network.windows import collect_documents, usable
from models.forecast.recipe import WARM_UP_H
from models.impact.expected import expected_with_and_without_text
from models.quantiles.quantiles import HORIZONS_H, MEDIAN
from models.simulation.prices import ASSETS, BLOCK, make_bars, simulate_paths
from models.simulation.releases import (
    GROUP_KEPT,
    Release,
    draw_releases,
    planted_effects,
    planted_peak,
    planted_response,
)
from models.text.embed import WIDTH, embed

PER_DAY = 20.0
LEARN = 0.8
MEMBERS = 2
TRAINING = {
    "epochs": 24,
    "patience": 4,
}  # everything else as shipped; there is far more to learn here than on real markets
LEAST_CORRELATION = 0.6
LEAST_RELEASES = 20_000
DELAYS = (
    (0.0, ("effective immediately", "in force at once", "live right now")),
    (6.0, ("from this evening", "starting tonight", "live later today")),
    (14.0, ("as of tomorrow", "starting tomorrow", "live the next day")),
)
FULL, SHORT = BLOCK * 156, BLOCK * 40


@dataclass(frozen=True)
class Told:
    """A market whose releases tell their delay too: what it is built from, and its releases in order of time."""

    made: Dataset
    releases: list[Release]
    train_end: int


@dataclass(frozen=True)
class Read:
    """What a network expects after N held-out releases: change of the median that each text makes, [N, H]."""

    own: Array
    dealt: Array
    planted: Array
    releases: list[Release]


def tell_delay(release: Release, rng: np.random.Generator) -> Release:
    """The release with one of three delays, said in its headline and at the end of its body.

    What cannot be read in it is taken out of its effect: whoever wrote it, it moves prices by its news alone.
    """
    delay, phrases = DELAYS[int(rng.integers(0, len(DELAYS)))]
    phrase = str(rng.choice(phrases))
    peak = planted_peak(release.kind, release.strength, ASSETS[release.asset_index].cap_usd)
    return replace(
        release, delay_h=delay, title=f"{release.title}, {phrase}", body=f"{release.body}\n\nThis is {phrase}.",
        peak_log_return=peak, permanent_log_return=peak * GROUP_KEPT["real"],
    )  # fmt: skip


def told_market(seed: int, n_hours: int, *, effects: bool = True, dealt: bool = False) -> Told:
    """A simulated market; `effects` planted or not, texts of the releases own or `dealt` out among them anew."""
    rng = np.random.default_rng([seed, 11])
    releases = [tell_delay(r, rng) for r in draw_releases(seed, START, n_hours, per_day=PER_DAY)]
    paths = simulate_paths(seed, n_hours)
    planted = planted_effects(releases, START, n_hours, len(ASSETS)) if effects else np.zeros_like(paths.returns)
    bars = grid(make_bars(paths, planted))
    text = rng.permutation(len(releases)) if dealt else np.arange(len(releases))
    links = pl.DataFrame(
        {
            "doc_id": [r.guid for r in releases],
            "asset": [r.asset for r in releases],
            "available_ts": [r.published for r in releases],
            "title": [releases[i].title for i in text],
            "body": [releases[i].body for i in text],
        }
    )
    level = volatility_scale(bars)
    made = Dataset(
        bars, level, build_panel(bars, level, pl.DataFrame(), NO_NEWS),
        collect_documents(links, embed(links), bars.assets, WIDTH), targets(np.log(bars.close)), horizon_sigma(level),
    )  # fmt: skip
    return Told(made, releases, int(LEARN * n_hours))


def read_releases(told: Told, seed: int, threads: int) -> Read:
    """Train on the first part of a market, then read the releases of its last part."""
    made = told.made
    recipe = replace(shipped(made, seed, members=MEMBERS, **TRAINING), threads=threads)
    walk = reference_walk(made, told.train_end)
    store = made.store(walk.quantiles, recipe.net.lookback)
    rows = usable(made.panel, made.sigma, recipe.net.lookback)
    span = split(WARM_UP_H, told.train_end, recipe.train.validation_days * 24)
    trained = train(recipe.net, recipe.train, store, rows, span, seeds=recipe.members, threads=threads)
    print(
        f"  validation {trained.validation_ratio:.4f} of the walk's loss, best epoch {trained.best_epoch}", flush=True
    )
    held, pairs = _held_out(told, rows)
    own = np.array([made.documents.row_of[r.guid] for r in held])
    net = trained.net()
    with_own = expected_with_and_without_text(net, store, pairs, own, made.sigma)
    with_dealt = expected_with_and_without_text(
        net, store, pairs, np.random.default_rng(seed).permutation(own), made.sigma
    )
    origin = made.bars.close_ts[pairs[:, 1]]
    planted = np.array([_planted(r, o) for r, o in zip(held, origin, strict=True)])
    none = with_own.without[:, :, MEDIAN]
    return Read(with_own.with_text[:, :, MEDIAN] - none, with_dealt.with_text[:, :, MEDIAN] - none, planted, held)


def _held_out(told: Told, rows: NDArray[np.bool_]) -> tuple[list[Release], NDArray[np.int64]]:
    """Releases after the end of training with an origin, and their (asset, row), [N, 2]."""
    moments = np.array([np.datetime64(r.published.replace(tzinfo=None), "s") for r in told.releases])
    at = told.made.bars.row_at(moments)
    asset = np.array([r.asset_index for r in told.releases])
    keep = (at > told.train_end) & (at + max(HORIZONS_H) < rows.shape[1]) & rows[asset, np.maximum(at, 0)]
    return [r for r, k in zip(told.releases, keep, strict=True) if k], np.stack([asset[keep], at[keep]], axis=1)


def _planted(release: Release, origin: np.datetime64) -> Array:
    """Its planted log return from the origin to each horizon, [H]."""
    start = datetime.fromtimestamp(int(origin.astype("datetime64[s]").astype(np.int64)), tz=UTC)
    hours = np.array([(start + timedelta(hours=h) - release.published) / timedelta(hours=1) for h in HORIZONS_H])
    return planted_response(release, np.maximum(hours, 0.0))


def correlations(x: Array, y: Array) -> Array:
    """Pearson correlation per horizon, [H]; 0 where the network does not react at all."""
    return np.array(
        [0.0 if x[:, h].std() == 0 else float(np.corrcoef(x[:, h], y[:, h])[0, 1]) for h in range(x.shape[1])]
    )


def by_group(read: Read, key: list[str], horizon: int) -> list[tuple[str, float, float, int]]:
    """Mean planted effect and mean sensitivity, in log return, of each value of `key`, by planted effect."""
    names = np.array(key)
    h = HORIZONS_H.index(horizon)
    rows = [
        (str(n), float(read.planted[at, h].mean()), float(read.own[at, h].mean()), int(at.sum()))
        for n in np.unique(names)
        if (at := names == n).any()
    ]
    return sorted(rows, key=lambda r: r[1])


def sorts_alike(rows: list[tuple[str, float, float, int]]) -> float:
    """Spearman correlation of planted effects and sensitivities over groups."""
    return float(stats.spearmanr([r[1] for r in rows], [r[2] for r in rows]).statistic)


def thirds(values: Array) -> list[str]:
    """Each value's third: 1 low, 2 middle, 3 high."""
    cuts = np.quantile(values, [1 / 3, 2 / 3])
    return [f"{1 + int(np.searchsorted(cuts, v))} of 3" for v in values]


def promises(read: Read, quiet: Read, dealt: Read) -> list[tuple[str, bool]]:
    """What is to be shown, with whether it holds. A text's own part is what differs between releases: their spread."""
    last = HORIZONS_H.index(24)
    kinds = by_group(read, [r.kind for r in read.releases], 24)
    own, other = correlations(read.own, read.planted)[last], correlations(read.dealt, read.planted)[last]
    out = [
        (f"correlation with planted effects at 24 h {own:.3f} > {LEAST_CORRELATION}", bool(own > LEAST_CORRELATION)),
        ("every kind has its planted sign", all(np.sign(planted) == np.sign(found) for _, planted, found, _ in kinds)),
        *(
            (f"{name} in planted order: rank correlation {sorts_alike(rows):.2f} ≥ .9", sorts_alike(rows) >= 0.9)
            for name, rows in groups(read)
            if len(rows) > 1
        ),
        (f"text dealt from another release: correlation {other:+.3f} within ±.1", bool(abs(other) < 0.1)),
    ]
    for name, x in (("trained on dealt texts", dealt), ("market without effects", quiet)):
        found = correlations(x.own, read.planted if x is dealt else x.planted)[last]
        share = x.own[:, last].std() / read.own[:, last].std()
        out.append((f"{name}: correlation {found:+.3f} within ±.1", bool(abs(found) < 0.1)))
        out.append((f"{name}: what words change, {share:.1%} of that with effects, below 10 %", bool(share < 0.1)))
    return out


def groups(read: Read) -> list[tuple[str, list[tuple[str, float, float, int]]]]:
    """Group means to be shown: kind; of good news strength, size of the asset, delay."""
    strength = thirds(np.array([r.strength for r in read.releases]))
    up = [i for i, r in enumerate(read.releases) if r.peak_log_return > 0]
    upward = replace(read, own=read.own[up], planted=read.planted[up], releases=[read.releases[i] for i in up])
    cap = thirds(np.array([-ASSETS[r.asset_index].cap_usd for r in upward.releases]))
    return [
        ("kinds, 24 h", by_group(read, [r.kind for r in read.releases], 24)),
        ("strength of good news, 24 h", by_group(upward, [strength[i] for i in up], 24)),
        ("smallness of the asset, good news, 24 h", by_group(upward, cap, 24)),
        ("delay of good news, 8 h", by_group(upward, [f"{r.delay_h:g} h" for r in upward.releases], 8)),
    ]


def print_read(read: Read) -> None:
    """Correlations per horizon and group means."""
    print(
        "correlation of sensitivity and planted effect per horizon:",
        ", ".join(f"{h} h {c:.3f}" for h, c in zip(HORIZONS_H, correlations(read.own, read.planted), strict=True)),
    )
    print(f"{'group':<28} {'planted %':>10} {'expected %':>11} {'n':>6}")
    for title, rows in groups(read):
        print(f"{title} (order kept: rank correlation {sorts_alike(rows):.2f})")
        for name, planted, found, n in rows:
            print(f"  {name:<26} {100 * planted:>10.2f} {100 * found:>11.2f} {n:>6}")


def main() -> None:
    """Print tables and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a quarter of the time and of the releases")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    began = time.perf_counter()
    n_hours = SHORT if args.short else FULL
    read = []
    for name, how in (
        ("effects planted", {}),
        ("no effects", {"effects": False}),
        ("texts dealt out anew", {"dealt": True}),
    ):
        told = told_market(args.seed, n_hours, **how)
        print(f"{name}: {len(told.releases):,} simulated releases, {n_hours:,} hours, {len(ASSETS)} assets "
              f"({time.perf_counter() - began:.0f} s)", flush=True)  # fmt: skip
        read.append(read_releases(told, args.seed, args.threads))
        print(f"  read {len(read[-1].releases):,} held-out releases ({time.perf_counter() - began:.0f} s)", flush=True)
    print_read(read[0])
    for said, kept in promises(*read):
        print(f"{'PASS' if kept else 'FAIL'}  {said}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
