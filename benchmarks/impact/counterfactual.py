"""What the response model makes of words, on a simulated market where every release moves its asset by what its text
says.

Effect = direction of its kind × strength × capitalisation^−γ, after a delay that the text tells. The event network is
trained on the first four fifths and reads the releases of the last fifth, at the first close after each: with its text,
with another one's text in its place, and with none. Two more are trained where there is nothing to learn: on a market
without effects, and on the market with effects whose texts have been dealt out anew. Everything here is simulated.

    python -m benchmarks.impact.counterfactual            # 20,000 releases and more, three trainings
    python -m benchmarks.impact.counterfactual --short    # a quarter of it, too few for all that is promised
"""

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy import stats

from benchmarks.impact.coverage import START, grid, release_frame
from domain.types import Array
from features.candles import Bars
from features.volatility import volatility_scale
from models.impact.comparison.groups import NO_CAPS, release_traits
from models.impact.event_time import history_of
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER
from models.quantiles.quantiles import MEDIAN
from models.response.history import History
from models.response.levels import walk_quantiles
from models.response.network import Seen, train_event_network
from models.response.words import Corpus
from models.simulation.prices import ASSETS, BLOCK, make_bars, simulate_paths
from models.simulation.releases import (
    GROUP_KEPT,
    Release,
    draw_releases,
    planted_effects,
    planted_peak,
    planted_response,
)

PER_DAY = 20.0
LEARN = 0.8
WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
LEAST_CORRELATION = {24.0: 0.85, 4.0: 0.7}
SIZE = (0.8, 1.2)  # of what was planted
NOTHING = 0.01
DELAYS = (
    (0.0, ("effective immediately", "in force at once", "live right now")),
    (6.0, ("from this evening", "starting tonight", "live later today")),
    (14.0, ("as of tomorrow", "starting tomorrow", "live the next day")),
)
FULL, SHORT = BLOCK * 156, BLOCK * 40


@dataclass(frozen=True)
class Told:
    """A market whose releases tell their delay too: its bars, and its releases in order of time with the texts that
    are read.
    """

    bars: Bars
    releases: list[Release]
    texts: dict[str, str]


@dataclass(frozen=True)
class Read:
    """What is expected of N held-out releases: change of the median log return that each text makes, [N, H]."""

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
    text = rng.permutation(len(releases)) if dealt else np.arange(len(releases))
    texts = {r.guid: f"{releases[i].title} {releases[i].body}" for r, i in zip(releases, text, strict=True)}
    return Told(grid(make_bars(paths, planted)), releases, texts)


def read_releases(told: Told, seed: int) -> Read:
    """Train on the first part of a market, then read the releases of its last part."""
    sample = build_sample(release_frame(told.releases), told.bars)
    study = ImpactStudy(sample, WINDOWS_H, volatility_scale(told.bars))
    of = {r.guid: r for r in told.releases}
    chosen = [of[d] for d in sample.frame["doc_id"]]
    history, order = history_of(
        study, release_traits(study, NO_CAPS), [told.texts[r.guid] for r in chosen], ["release"] * len(chosen)
    )
    first = int(np.searchsorted(history.known_h, np.quantile(history.known_h, LEARN)))
    past, held = history.past_of(first), np.arange(first, len(history))
    corpus = Corpus(history.text, history.kind)
    words = corpus.vectors(past)
    walk = np.stack([walk_quantiles(history.like[:first, at]) for at in range(len(WINDOWS_H))])
    seen = Seen(words[past], history.state[past], history.move[past], history.like[past], walk)
    network = train_event_network(seen, seed)
    dealt = np.random.default_rng(seed).permutation(held)

    def median(read: sp.csr_matrix | None) -> Array:
        return network.quantiles(read, history.state[held])[..., MEDIAN]

    none, sigma = median(None), _sigmas(study)[order][held]
    planted = _planted(study, history, [chosen[i] for i in order], order)[held]
    ends = np.isfinite(sigma).all(1)
    own, other = ((median(sp.csr_matrix(words[rows])) - none) * sigma for rows in (held, dealt))
    return Read(own[ends], other[ends], planted[ends], [chosen[order[i]] for i in held[ends]])


def _sigmas(study: ImpactStudy) -> Array:
    """Sigma of the move of each release over each window, [N, H]; NaN where the window is not over."""
    moves, asset = study.moves, study.sample.events.asset
    grid_of, out = moves.grids[moves.primary], []
    for window in study.windows:
        row, steps = moves.start(window, FIRST_CLOSE_AFTER)
        known = row + steps < len(grid_of.path)
        out.append(np.where(known, grid_of.sigma(np.where(known, row, 0), asset, steps), np.nan))
    return np.stack(out, axis=1)


def _planted(study: ImpactStudy, history: History, releases: list[Release], order: NDArray[np.int64]) -> Array:
    """The planted log return of each release from the first close after it over each window, [N, H]."""
    row = np.minimum(study.sample.row_after, len(study.bars.close_ts) - 1)[order]
    began = study.bars.close_ts[row].astype("datetime64[s]").astype(np.int64) / 3600
    waited = np.maximum(began - np.array([r.published.timestamp() / 3600 for r in releases]), 0)
    return np.array([
        planted_response(r, h + np.array(history.windows_h)) - planted_response(r, np.array([h]))
        for r, h in zip(releases, waited, strict=True)
    ])  # fmt: skip


def correlations(x: Array, y: Array) -> Array:
    """Pearson correlation per horizon, [H]; 0 where the network does not react at all."""
    return np.array(
        [0.0 if x[:, h].std() == 0 else float(np.corrcoef(x[:, h], y[:, h])[0, 1]) for h in range(x.shape[1])]
    )


def sizes(x: Array, y: Array) -> Array:
    """Mean size of what is expected ÷ mean size of what was planted, per window, [H]."""
    return np.asarray(np.abs(x).mean(0) / np.abs(y).mean(0))


def by_group(read: Read, key: list[str], horizon: int) -> list[tuple[str, float, float, int]]:
    """Mean planted effect and mean sensitivity, in log return, of each value of `key`, by planted effect."""
    names = np.array(key)
    h = WINDOWS_H.index(horizon)
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
    """What is to be shown, with whether it holds. Where there is nothing to learn, a text's own part is its spread over
    that of another one in its place.
    """
    last = WINDOWS_H.index(24.0)
    kinds = by_group(read, [r.kind for r in read.releases], 24)
    other = correlations(read.dealt, read.planted)[last]
    out = [
        *(
            (f"correlation with planted effects at {h:g} h {found:.3f} ≥ {least}", bool(found >= least))
            for h, least in LEAST_CORRELATION.items()
            if (found := correlations(read.own, read.planted)[WINDOWS_H.index(h)])
        ),
        (
            f"size at 24 h {(size := sizes(read.own, read.planted)[last]):.2f} of what was planted, within {SIZE}",
            bool(SIZE[0] <= size <= SIZE[1]),
        ),
        ("every kind has its planted sign", all(np.sign(planted) == np.sign(found) for _, planted, found, _ in kinds)),
        *(
            (f"{name} in planted order: rank correlation {sorts_alike(rows):.2f} ≥ .9", sorts_alike(rows) >= 0.9)
            for name, rows in groups(read)
            if len(rows) > 1
        ),
        (f"text dealt from another release: correlation {other:+.3f} within ±.1", bool(abs(other) < 0.1)),
    ]
    for name, x in (("trained on dealt texts", dealt), ("market without effects", quiet)):
        words = x.own - x.dealt  # what any release does, whatever it says, is no part of its words
        found = correlations(words, read.planted if x is dealt else x.planted)[last]
        share = words[:, last].std() / (read.own - read.dealt)[:, last].std()
        said = f"{name}: correlation {found:+.3f} within ±.1, or of nothing ({share:.1%} of the size with effects)"
        out.append((said, bool(abs(found) < 0.1 or share < NOTHING)))
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
        ", ".join(f"{h} h {c:.3f}" for h, c in zip(WINDOWS_H, correlations(read.own, read.planted), strict=True)),
    )
    print(
        "size expected ÷ planted per window:",
        ", ".join(f"{h:g} h {c:.2f}" for h, c in zip(WINDOWS_H, sizes(read.own, read.planted), strict=True)),
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
        read.append(read_releases(told, args.seed))
        print(f"  read {len(read[-1].releases):,} held-out releases ({time.perf_counter() - began:.0f} s)", flush=True)
    print_read(read[0])
    for said, kept in promises(*read):
        print(f"{'PASS' if kept else 'FAIL'}  {said}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
