"""Fit the shipped detector, and test its recipe on texts with a generator, a domain or a source left out of the fit.

    python -m benchmarks.texts.detection --readings FILE [--epochs N] [--save]

Reads ../shared/data/text_origin_more.parquet (texts by people, and by instructed models since 2022) and skips with a
message where it is absent. The adapters, one for each split, take most of the time: a minute each on a large GPU, hours
on two cores; FILE (.npz) keeps what they say of the texts that they did not learn from, split by split, and takes it
from there, so that a killed run goes on. Split sets: `folds` (the fit itself) and `left out`. What was left out is
judged with the words and the adapter of its own split, and with the shipped way of joining them: six numbers that know
all texts. Intervals: bootstrap over pairs. `--save` writes the detector; thresholds by kind are set afterwards, by
`benchmarks.texts.registers --save`.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.texts.splits import EDITED, INSTRUCTED, Labels, Rows, Split, folds, left_out
from models.text.detection.accuracy import Vector, auroc, auroc_interval, true_positives, true_positives_interval
from models.text.detection.adaptation import EPOCHS, Adapted, train_adapter
from models.text.detection.detector import SHIPPED, Detector, probabilities
from models.text.detection.fitting import Labelled, Reading, fit_detector
from models.text.detection.reader import Reader, lower_half, make_reader
from models.text.detection.words import fit_words
from models.text.language.causal import load_causal_model
from models.text.language.tokens import MAX_TOKENS
from pipelines.progress import tracked

DATA = Path(__file__).parents[3] / "shared" / "data" / "text_origin_more.parquet"
LONGER = 384  # tokens of a text that training draws its windows from
LEAST = 15  # texts of a class for a row of a table


def load_labelled() -> tuple[list[str | None], Labels]:
    """Texts and what is known of them: by people, and by instructed models."""
    d = pl.read_parquet(DATA).filter(
        (pl.col("label") == "human") | pl.any_horizontal(pl.col("model").str.starts_with(m) for m in INSTRUCTED),
        pl.col("method").fill_null("") != EDITED,
    ).with_columns(pl.coalesce("pair", "id").alias("pair"), pl.col("model").fill_null("human"))  # fmt: skip
    names = (d[c].to_numpy().astype(str) for c in ("model", "domain", "origin", "pair"))
    return d["text"].to_list(), Labels((d["label"] == "machine").to_numpy(), *names)


class Trainer:
    """Adapters of the packaged model for any rows of the labelled texts."""

    def __init__(self, texts: list[str | None], labels: Labels, epochs: float) -> None:
        self.labels, self.epochs = labels, epochs
        causal = load_causal_model()
        self.ids = Reader(causal.tokenizer, causal.network).token_ids(texts, LONGER)
        self.network = lower_half(causal)

    def adapted(self, rows: Rows) -> Adapted:
        """An adapter that learned from `rows`."""
        ids = [self.ids[i] for i in rows]
        y, weight = self.labels.is_machine[rows], self.labels.weights(rows)
        return train_adapter(
            self.network, ids, y, weight, MAX_TOKENS, epochs=self.epochs,
            steps_of=lambda steps: tracked(steps, "training steps", len(steps)),
        )  # fmt: skip

    def scores(self, made: Adapted, rows: Rows) -> Vector:
        """Log odds of a machine of `rows`."""
        reader = make_reader(load_causal_model(), made.adapter)
        out = np.zeros(len(rows))
        for place, states in reader.read([self.ids[i][:MAX_TOKENS] for i in rows]):
            out[place] = float(states.mean(0) @ made.head) + made.intercept
        return out


def readings_of(splits: list[Split], file: Path, trainer: Trainer | None) -> dict[str, Vector]:
    """Scores of the tested texts of each split, from `file` where they are there; without a trainer only those."""
    kept: dict[str, Vector] = dict(np.load(file, allow_pickle=False)) if file.exists() else {}
    for split in splits:
        if split.name not in kept and trainer:
            began = time.perf_counter()
            kept[split.name] = trainer.scores(trainer.adapted(split.learn), split.check)
            np.savez(file, **kept)  # type: ignore[arg-type]
            print(f"{split.name}: trained in {time.perf_counter() - began:.0f} s", flush=True)
    return {s.name: kept[s.name] for s in splits if s.name in kept}


def the_detector(texts: list[str | None], labels: Labels, readings: dict[str, Vector], made: Adapted) -> Detector:
    """The detector of all labelled texts."""
    out_of_fold = np.zeros(len(texts))
    for split in folds(labels):
        out_of_fold[split.check] = readings[split.name]
    weight = labels.weights(np.arange(len(texts)))
    told = "news, finance, business, law, reviews; GPT-3.5 to GPT-4o, Gemini, Llama, Claude, PaLM"
    return fit_detector(
        Labelled(texts, labels.is_machine, labels.pair, weight),
        Reading(out_of_fold, made.adapter, made.head, made.intercept),
        fitted_on=f"{len(texts)} English texts ({told})",
    )


def print_left_out(texts: list[str | None], labels: Labels, readings: dict[str, Vector], shipped: Detector) -> None:
    """AUROC and true positives at 1 % false ones of each group that was left out, and the share of texts read."""
    columns = f"{'n':>5} {'AUROC':>22} {'found at 1 %':>22} {'words alone':>16} {'read: people, machines':>23}"
    print(f"{'left out':<46} {columns}")
    for split in left_out(labels):
        if split.name not in readings:
            print(f"{split.name:<46} no reading of it is kept")
            continue
        learn = Labelled(texts, labels.is_machine, labels.pair, np.ones(len(texts))).part(split.learn)
        words = fit_words(learn.texts, learn.is_machine, labels.weights(split.learn)).scores(
            [texts[i] for i in split.check]
        )
        reading = np.where(words >= shipped.gate, readings[split.name], np.nan)
        p = probabilities(words, reading, shipped.joined, shipped.words_alone)
        for name, rows in groups_of(split, labels):
            print_line(
                name,
                labels.is_machine[split.check][rows],
                p[rows],
                words[rows],
                ~np.isnan(reading[rows]),
                labels.pair[split.check][rows],
            )


def groups_of(split: Split, labels: Labels) -> list[tuple[str, NDArray[np.int64]]]:
    """Rows of a split's tested texts by what was left out: a generator's beside all people's, a domain, a source."""
    of = {"generator": labels.model, "domain": labels.domain, "source": labels.source}[split.by][split.check]
    people = ~labels.is_machine[split.check] if split.by == "generator" else np.zeros(len(of), dtype=bool)
    return [
        (f"{split.by} {g}{split.name[-2:] if split.by == 'generator' else ''}", np.flatnonzero(people | (of == g)))
        for g in split.left
    ]


def print_line(
    name: str, y: NDArray[np.bool_], p: Vector, words: Vector, read: NDArray[np.bool_], pairs: NDArray[np.str_]
) -> None:
    """One row of a table."""
    if min(y.sum(), (~y).sum()) < LEAST:
        print(f"{name:<46} {len(y):>5} {int(y.sum())} machine-written: too few of a class")
        return
    low, high = auroc_interval(y, p, pairs)
    found_low, found_high = true_positives_interval(y, p, pairs)
    print(
        f"{name:<46} {len(y):>5}   {auroc(y, p):.3f} [{low:.3f}, {high:.3f}]"
        f"   {true_positives(y, p):5.0%} [{found_low:.0%}, {found_high:.0%}]"
        f"   {auroc(y, words):.3f}, {true_positives(y, words):4.0%}   {read[~y].mean():6.0%}, {read[y].mean():.0%}"
    )


def main() -> None:
    """Train what is not kept, fit, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=Path, required=True, help="where to keep what the adapters say (.npz)")
    parser.add_argument("--adapter", type=Path, help="where to keep the adapter of all texts (.npz)")
    parser.add_argument("--kept-only", action="store_true", help="train nothing: splits without a reading are left out")
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--save", action="store_true", help="write the detector that is shipped")
    args = parser.parse_args()
    if not DATA.exists():
        print(f"skipped: {DATA.name} is not on this machine")
        return
    texts, labels = load_labelled()
    trainer = None if args.kept_only else Trainer(texts, labels, args.epochs)
    readings = readings_of([*folds(labels), *left_out(labels)], args.readings, trainer)
    every = np.arange(len(texts))
    made = kept_adapter(args.adapter) or (trainer.adapted(every) if trainer else None)
    if made is None:
        parser.error("--kept-only needs an --adapter that is there")
    detector = the_detector(texts, labels, readings, made)
    print(f"joined {detector.joined}, words alone {detector.words_alone}")
    print(f"gate {detector.gate:.2f}, threshold {detector.threshold:.4f}")
    print_left_out(texts, labels, readings, detector)
    if args.save:
        detector.save(SHIPPED)


def kept_adapter(file: Path | None) -> Adapted | None:
    """An adapter from a file, if it is there."""
    if file is None or not file.exists():
        return None
    content = dict(np.load(file, allow_pickle=False))
    head, intercept = content.pop("head"), float(content.pop("intercept"))
    return Adapted(content, head, intercept)


if __name__ == "__main__":
    main()
