"""How often texts that people wrote are flagged, by kind, and how many machine-written ones are found.

Calibrates the shipped detector on ../shared/data/releases_human.parquet (texts from before November 2022), by kind:
half of the texts of a kind set its threshold, the other half test it, in many random halves that keep texts of one
template together. Beside them kinds with too few texts for a threshold of their own, judged as press releases, and
machine-written texts of ../shared/data/text_origin.parquet, of which the detector has seen none, at every threshold;
and, for exploration, the share flagged of ../shared/data/releases_2023_24.parquet by quarter, whose authors are not
known. Skips with a message where the data are absent.

    python -m benchmarks.texts.registers --scores FILE [--unknown 600] [--save]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.text.detection.accuracy import Vector
from models.text.detection.detector import SHIPPED, Detector, load_detector
from models.text.detection.judging import reader_of, score_texts
from models.text.detection.registers import threshold_for, thresholds_of
from pipelines.progress import tracked

DATA = Path(__file__).parents[3] / "shared" / "data"
REGISTERS = {
    "exchange_announcement": "exchange_announcement", "exchange_announcement_listing": "exchange_announcement",
    "crypto_project_post": "project_post", "crypto_project_news": "project_news",
    "software_project_news": "software_news", "prosecutor_release": "prosecutor_release",
    "regulator_release": "regulator_release", "newswire_1987": "newswire",
}  # fmt: skip
COMPOSED = {  # kinds of tapewire's documents that no set of texts stands for alone: beyond every one of these
    "press_release": ("project_post", "project_news", "software_news", "prosecutor_release", "regulator_release"),
    "news": ("newswire", "project_news"),
}
FEW = "company and wire releases"
HALVES = 200
QUARTER = pl.format("{} Q{}", pl.col("published_at").dt.year(), pl.col("published_at").dt.quarter())


def with_composed(thresholds: dict[str, float]) -> dict[str, float]:
    """The thresholds with those of kinds that are composed of others."""
    return thresholds | {
        kind: max(thresholds[part] for part in parts)
        for kind, parts in COMPOSED.items()
        if all(part in thresholds for part in parts)
    }


def halves(group: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which texts [N] are in the first half: groups whole."""
    names = np.unique(group)
    return np.isin(group, rng.permutation(names)[: len(names) // 2])


def print_false_positives(p: Vector, kind: NDArray[np.str_], group: NDArray[np.str_], least: float) -> None:
    """Share flagged of the other half of each kind, at the threshold for all and at that of the half's own kind."""
    rng = np.random.default_rng(5)
    print(
        f"{'kind':<26} {'texts':>6} {'at one threshold':>17} {'at its own: mean':>17} {'highest of ' + str(HALVES):>15}"
    )
    for name in [*np.unique(kind[kind != FEW]), FEW]:
        of_kind = np.flatnonzero(kind == name)
        shares = []
        for _ in range(HALVES):
            first = halves(group, rng)
            made = with_composed(thresholds_of(p[first], kind[first]))
            own = threshold_for("press_release" if name == FEW else str(name), made, least)
            test = of_kind if name == FEW else of_kind[~first[of_kind]]
            if own is not None:
                shares.append(float((p[test] > own).mean()))
        plain = f"{float((p[of_kind] > least).mean()):.1%}"
        told = f"{np.mean(shares):>17.2%} {np.max(shares):>15.1%}" if shares else f"{'too few to promise':>17}"
        print(f"{name:<26} {len(of_kind):>6} {plain:>17} {told}")


def print_found(machine: pl.DataFrame, p: Vector, thresholds: dict[str, float], least: float) -> None:
    """Share of machine-written texts beyond the threshold for all and that of each kind."""
    print(f"\n{len(p)} machine-written texts that it has not seen: beyond the one threshold {(p > least).mean():.0%}")
    print("  " + ", ".join(f"{k} {(p > max(t, least)).mean():.0%}" for k, t in sorted(thresholds.items())))
    for (model,), rows in machine.with_row_index().group_by("model", maintain_order=True):
        found = p[rows["index"].to_numpy()]
        as_release = (found > max(least, thresholds.get("press_release", 1.0))).mean()
        print(f"  {model:<28} {len(found):>5} {(found > least).mean():>6.0%}, as press releases {as_release:>4.0%}")


def print_by_quarter(unknown: pl.DataFrame, p: Vector, level: float) -> None:
    """Share beyond the threshold of press releases by quarter, of texts whose authors are not known: exploration."""
    print("\nExploration: releases of 2023 and 2024, author unknown, share beyond the threshold of press releases")
    flags = unknown.with_columns(flagged=pl.Series(p > level)).filter(pl.Series(np.isfinite(p)))
    by_quarter = flags.group_by(pl.col("quarter")).agg(pl.len(), pl.col("flagged").mean()).sort("quarter")
    for quarter, n, share in by_quarter.iter_rows():
        print(f"  {quarter}  {n:>4} {share:>5.0%}")


def machine_probabilities(texts: pl.DataFrame, detector: Detector, kept: Path | None) -> Vector:
    """Probability of each of `texts` (id, text), NaN where too short; from `kept` where this detector's are there."""
    name = detector.fingerprint()
    if kept and kept.exists():
        found = pl.read_parquet(kept)
        if found["detector"][0] == name and found["id"].equals(texts["id"]):
            return found["probability"].to_numpy()
    scores = score_texts(
        texts["text"].to_list(), detector, reader_of(detector), lambda items, n: tracked(items, "texts read", n)
    )
    p = detector.probability(scores)
    print(f"{scores['reading_score'].is_not_null().mean():.0%} of {len(texts)} texts were read")
    if kept:
        texts.select("id", detector=pl.lit(name), probability=pl.Series(p)).write_parquet(kept)
    return p


def main() -> None:
    """Print the tables; with --save the shipped detector gets the thresholds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, help="where to keep probabilities (.parquet)")
    parser.add_argument("--unknown", type=int, default=600, help="releases of 2023 and 2024 to read")
    parser.add_argument("--save", action="store_true", help="write the thresholds into the shipped detector")
    args = parser.parse_args()
    if not (DATA / "releases_human.parquet").exists():
        print("skipped: releases_human.parquet is not on this machine")
        return
    whole = pl.concat_str(pl.col("title").fill_null(""), pl.lit("\n\n"), "text")
    human = pl.read_parquet(DATA / "releases_human.parquet").select(
        "id", "kind", "origin", pl.col("title").fill_null(""), text=whole
    )
    labelled = pl.read_parquet(DATA / "text_origin.parquet").with_columns(pl.col("id").cast(pl.String))
    machine = labelled.filter(pl.col("label") == "machine").select("id", "model", "text")
    unknown = pl.read_parquet(DATA / "releases_2023_24.parquet")
    unknown = unknown.sample(min(args.unknown, len(unknown)), seed=3, shuffle=True).select(
        "id", quarter=QUARTER, text=whole
    )
    every = pl.concat([part.select(pl.col("id").cast(pl.String), "text") for part in (human, machine, unknown)])
    detector = load_detector()
    people, made, recent = np.split(
        machine_probabilities(every, detector, args.scores), [len(human), len(human) + len(machine)]
    )
    kind = np.array([REGISTERS.get(k, FEW) for k in human["kind"]])
    template = human["title"].str.replace_all(r"[A-Z0-9][A-Z0-9/]+|\d+", "#").str.to_lowercase().str.slice(0, 40)
    group = (human["origin"] + " " + template).to_numpy().astype(str)
    long = np.isfinite(people)
    print(f"{(~long).sum()} texts are too short to judge")
    print_false_positives(people[long], kind[long], group[long], detector.threshold)
    found = with_composed(thresholds_of(people[long & (kind != FEW)], kind[long & (kind != FEW)]))
    print_found(machine.filter(pl.Series(np.isfinite(made))), made[np.isfinite(made)], found, detector.threshold)
    print_by_quarter(unknown, recent, max(found["press_release"], detector.threshold))
    print("\nthresholds: " + ", ".join(f"{k} {t:.4f}" for k, t in sorted(found.items())))
    if args.save:
        replace(detector, kinds=found).save(SHIPPED)


if __name__ == "__main__":
    main()
