"""Detection of machine-written texts on labelled ones: AUROC by length, true positives at 1 % false ones, by split.

    python -m benchmarks.texts.detection [--scores FILE]

Reads ../shared/data/text_origin.parquet and skips with a message where it is absent. Splits: by `pair` (no text is
judged by its source's other versions), and by generating model (fitted on the texts of the others, and on human texts
of other pairs). Beside the combination: its parts, each score alone, and TF-IDF with a logistic regression. Intervals:
bootstrap over pairs. `--scores` keeps the token scores, which take most of the time, in a Parquet file and takes them
from there.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from models.text.detection.accuracy import SIGN, Flags, Vector, auroc, auroc_interval, true_positives
from models.text.detection.detector import (
    FOLDS,
    INPUTS,
    MIN_TOKENS,
    detector_inputs,
    fit_detector,
    fit_logistic,
    predict_logistic,
)
from models.text.detection.style import STYLE
from models.text.language.causal import load_causal_model
from models.text.language.tokens import TOKEN_SCORES, score_texts

DATA = Path(__file__).parents[3] / "shared" / "data" / "text_origin.parquet"
LENGTHS = ((2, 30), (30, 50), (50, 100), (100, 200), (200, 257))


def line(name: str, y: Flags, p: Vector, groups: NDArray[np.str_]) -> None:
    """One row of a table."""
    if not 0 < y.sum() < len(y):
        print(f"  {name:<38} only one class among {len(y)} texts")
        return
    low, high = auroc_interval(y, p, groups)
    print(
        f"  {name:<38} n {len(y):>5}  AUROC {auroc(y, p):.3f} [{low:.3f}, {high:.3f}]  "
        f"TPR at 1 % FPR {100 * true_positives(y, p):5.1f} %"
    )


def tfidf(texts: list[str], y: Flags, learn: NDArray[np.int64], check: NDArray[np.int64]) -> Vector:
    """The baseline: words and pairs of words."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=50_000)
    x = words.fit_transform([texts[i] for i in learn])
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000).fit(x, y[learn])
    return np.asarray(model.predict_proba(words.transform([texts[i] for i in check]))[:, 1])


PARTS = {
    "combined": slice(0, len(INPUTS)),
    "token scores joined": slice(0, len(INPUTS) - len(STYLE)),
    "style": slice(len(INPUTS) - len(STYLE), len(INPUTS)),
}


def by_pair(d: pl.DataFrame, x: Vector, y: Flags, pairs: NDArray[np.str_]) -> dict[str, Vector]:
    """Out-of-fold probabilities, no pair in two folds."""
    texts = d["text"].to_list()
    out = {name: np.zeros(len(y)) for name in (*PARTS, "TF-IDF + logistic")}
    for learn, check in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=7).split(x, y, pairs):
        long = learn[d["n_tokens"].to_numpy()[learn] >= MIN_TOKENS]
        for name, part in PARTS.items():
            out[name][check] = predict_logistic(fit_logistic(x[long][:, part], y[long]), x[check][:, part])
        out["TF-IDF + logistic"][check] = tfidf(texts, y, learn, check)
    return out


def by_model(d: pl.DataFrame, x: Vector, y: Flags, pairs: NDArray[np.str_]) -> None:
    """Each generating model in turn is never seen; half of the pairs fit, the other half test."""
    texts, models, n = d["text"].to_list(), d["model"].to_numpy().astype(str), d["n_tokens"].to_numpy()
    half = np.isin(pairs, np.random.default_rng(3).permutation(np.unique(pairs))[::2])
    for left in sorted(set(models[y])):
        learn = np.flatnonzero(half & (models != left) & (n >= MIN_TOKENS))
        check = np.flatnonzero(~half & (~y | (models == left)) & (n >= MIN_TOKENS))
        for name, part in PARTS.items():
            p = predict_logistic(fit_logistic(x[learn][:, part], y[learn]), x[check][:, part])
            line(f"{left}: {name}", y[check], p, pairs[check])
        line(f"{left}: TF-IDF", y[check], tfidf(texts, y, learn, check), pairs[check])


def abstention(y: Flags, p: Vector, n: NDArray[np.int64]) -> None:
    """Error with and without the texts that are too short."""
    for told, rows in (
        ("all", n >= 2),
        (f"{MIN_TOKENS} tokens and more", n >= MIN_TOKENS),
        ("shorter", n < MIN_TOKENS),
    ):
        wrong = np.where(y[rows], p[rows] < 0.5, p[rows] >= 0.5)
        human = float(np.average(wrong[~y[rows]]))
        machine = float(wrong[y[rows]].mean())
        print(f"  {told:<38} n {rows.sum():>5}  wrong at .5: human {100 * human:.1f} %, machine {100 * machine:.1f} %")


def token_scores(d: pl.DataFrame, kept: Path | None) -> pl.DataFrame:
    """Token scores of the texts, from `kept` where it is there."""
    if kept and kept.exists():
        return pl.read_parquet(kept)
    causal = load_causal_model()
    began = time.perf_counter()
    scores = score_texts(d["text"].to_list(), causal)
    seconds = time.perf_counter() - began
    tokens = scores["n_tokens"].sum() / seconds
    print(f"{len(d)} texts in {seconds:.0f} s: {len(d) / seconds:.2f} texts/s, {tokens:.0f} tokens/s")
    if kept:
        scores.write_parquet(kept)
    return scores


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, help="where to keep token scores")
    parser.add_argument("--save", type=Path, help="fit on everything and write the detector there")
    args = parser.parse_args()
    if not DATA.exists():
        print(f"skipped: {DATA.name} is not on this machine")
        return
    d = pl.read_parquet(DATA)
    d = pl.concat([d, token_scores(d, args.scores)], how="horizontal")
    x, y = detector_inputs(d, d["text"].to_list()), (d["label"] == "machine").to_numpy()
    pairs, n = d["pair"].to_numpy().astype(str), d["n_tokens"].to_numpy()
    held_out = by_pair(d, x, y, pairs)
    alone = {s: SIGN.get(s, 1.0) * d[s].fill_null(0).to_numpy() for s in TOKEN_SCORES}
    for low, high in ((MIN_TOKENS, 257), *LENGTHS):
        rows = (n >= low) & (n < high)
        print(f"\nSplit by pair, {low} to {high - 1} tokens")
        for name, p in (held_out | alone).items():
            line(name, y[rows], p[rows], pairs[rows])
    for domain in sorted(set(d["domain"])):
        rows = (d["domain"] == domain).to_numpy() & (n >= MIN_TOKENS)
        line(f"combined: {domain}", y[rows], held_out["combined"][rows], pairs[rows])
    print("\nA model that was never seen")
    by_model(d, x, y, pairs)
    print("\nAbstention")
    abstention(y, held_out["combined"], n)
    if args.save:
        told = f"{len(d)} labelled English texts (news and crypto news; ChatGPT, Llama 2, Vicuna, Gemini)"
        fit_detector(x, n, y, pairs, fitted_on=told).save(args.save)


if __name__ == "__main__":
    main()
