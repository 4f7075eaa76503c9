"""Documents per second of detection, token scores and embedding, side by side in one run.

    python -m benchmarks.texts.text_speed [--texts N] [--threads N]

Token scores and embedding against a plain loop over the same models, one text at a time in float32, on texts drawn from
a seeded vocabulary in lengths like those of news (a headline to some hundred words); what they say does not matter
there. Ours uses bfloat16 products where the processor has them; how far results lie apart is printed. Detection against
itself with every text read, and against token scores (what detection took before it read states), on real releases and
news of ../shared/data, since what the words put aside depends on the texts; left out with a message without them.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from models.text.detection.detector import Detector, load_detector
from models.text.detection.judging import reader_of, score_texts
from models.text.detection.reader import Reader
from models.text.language.causal import CausalModel, load_causal_model
from models.text.language.sentence import SentenceModel, embed_sentences, load_sentence_model
from models.text.language.tokens import MAX_TOKENS, TOKEN_SCORES, clean_text, token_scores

VOCABULARY = """the a of to in and for on that with as by at from price market exchange token network bitcoin litecoin
company today said will its new users platform payment custody million trading announced listing wallet fund investors
regulator report according after before first quarter year percent growth support launch partnership security"""
ROUNDS = 3
DATA = Path(__file__).parents[3] / "shared" / "data"


def drawn(n: int, seed: int = 1) -> list[str | None]:
    """n texts of 12 to 400 words."""
    rng, words = np.random.default_rng(seed), VOCABULARY.split()
    lengths = np.exp(rng.uniform(np.log(12), np.log(400), n)).astype(int)
    return [" ".join(rng.choice(words, k)).capitalize() + "." for k in lengths]


@torch.inference_mode()
def plain_token_scores(texts: list[str | None], causal: CausalModel) -> np.ndarray:
    """SCORES of each text, one at a time, [N, TOKEN_SCORES]."""
    rows = []
    for text in texts:
        ids = causal.tokenizer(clean_text(text), add_special_tokens=False, truncation=True, max_length=MAX_TOKENS)
        tokens = torch.tensor([ids["input_ids"]], device=causal.device)
        log_q = causal.network(input_ids=tokens).logits[0, :-1].float().log_softmax(-1)
        q, chosen = log_q.exp(), log_q.gather(1, tokens[0, 1:, None])
        rank = (log_q > chosen).sum(1).double() + 1
        mean = (q * log_q).sum(1)
        variance = (q * log_q.square()).sum(1) - mean.square()
        likelihood, log_rank = float(chosen.mean()), float(rank.log().mean())
        curvature = float((chosen[:, 0] - mean).sum() / variance.sum().sqrt())
        shares = [float((rank <= k).double().mean()) for k in (1, 10, 100)]
        rows.append([likelihood, log_rank, -likelihood / max(log_rank, 1e-3), *shares, float(-mean.mean()), curvature])
    return np.array(rows)


@torch.inference_mode()
def plain_embedding(texts: list[str | None], sentences: SentenceModel) -> np.ndarray:
    """Vectors of each text, one at a time."""
    rows = []
    for text in texts:
        ids = sentences.tokenizer(clean_text(text), truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        states = sentences.network(**ids.to(sentences.device)).last_hidden_state[0]
        rows.append(torch.nn.functional.normalize(states.mean(0), dim=0).cpu().numpy())
    return np.array(rows)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result."""
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def compare(told: str, n: int, ours: Callable[[], np.ndarray], loop: Callable[[], np.ndarray]) -> None:
    """Documents per second of both, the median of the ratios of ROUNDS rounds, and how far results are apart."""
    found = []
    for _ in range(ROUNDS):
        (a, x), (b, y) = timed(ours), timed(loop)
        found.append((a, b, float(np.abs(x - y).max())))
    ratio = np.median([b / a for a, b, _ in found])
    a, b, apart = np.median(np.array(found), axis=0)
    print(f"{told:<12} ours {n / a:7.2f} documents/s, plain loop {n / b:7.2f}, ratio {ratio:.2f}, apart {apart:.2g}")


def detection_rounds(
    texts: list[str | None], detector: Detector, reader: Reader, causal: CausalModel
) -> tuple[list[tuple[float, float, float]], float, float]:
    """Seconds of the detector, with every text read, and of token scores, in each round; share read; mean tokens."""
    rounds = []
    for _ in range(ROUNDS):
        seconds, scores = timed(lambda: score_texts(texts, detector, reader, explained=True))
        every, _ = timed(lambda: score_texts(texts, detector, reader, gate=-np.inf))
        before, _ = timed(lambda: token_scores(texts, causal))
        rounds.append((seconds, every, before))
    return rounds, float(scores["reading_score"].is_not_null().mean()), float(scores["n_tokens"].mean())


def compare_detection(n: int, causal: CausalModel) -> None:
    """Documents per second of the detector, with every text read, and of token scores."""
    detector = load_detector()
    reader = reader_of(detector)
    whole = pl.concat_str(pl.col("title").fill_null(""), pl.lit("\n\n"), pl.col("body").fill_null(""))
    for name, file in (("releases", "releases_human"), ("news", "news")):
        if not (DATA / f"{file}.parquet").exists():
            print(f"detection of {name}: left out, {file}.parquet is not on this machine")
            continue
        frame = pl.read_parquet(DATA / f"{file}.parquet").rename({"text": "body"}, strict=False)
        texts: list[str | None] = frame.sample(n, seed=1).select(whole).to_series().to_list()
        rounds, read, tokens = detection_rounds(texts, detector, reader, causal)
        a, b, c = np.median(np.array(rounds), axis=0)
        print(
            f"detection of {name:<9} {n / a:6.2f} documents/s ({read:.0%} read, {tokens:.0f} tokens "
            f"on average), every one read {n / b:.2f}, token scores {n / c:.2f}: ratio {c / a:.1f}"
        )


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    texts = drawn(args.texts)
    causal, sentences = load_causal_model(), load_sentence_model()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {args.threads} threads"
    print(f"{device}; {len(texts)} texts, {np.median([len(t.split()) for t in texts if t]):.0f} words in the middle")
    compare(
        "embedding", len(texts), lambda: embed_sentences(texts, sentences), lambda: plain_embedding(texts, sentences)
    )
    compare(
        "token scores",
        len(texts),
        lambda: token_scores(texts, causal).select(TOKEN_SCORES).to_numpy(),
        lambda: plain_token_scores(texts, causal),
    )
    compare_detection(args.texts, causal)


if __name__ == "__main__":
    main()
