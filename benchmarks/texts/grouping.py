"""Grouping of near-duplicates: 100,000 documents with planted copies, time, memory, precision and recall by edits.

    python -m benchmarks.texts.grouping

Documents are random words with the frequencies of prose (Zipf) that share their publishers' boilerplate, so that texts
which tell different stories are not wholly unlike. Of some, copies follow within two days, in each of which a share of
the words was replaced, left out or doubled. Counted are pairs of documents: those grouped and planted together. A flood
of 10,000 copies is planted too. Memory is measured over a tenth of the documents and over all of them.
"""

import argparse
import multiprocessing as mp
import resource
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.text.stories import group_stories

VOCABULARY, MEDIAN_WORDS, SPREAD, SHORTEST = 30_000, 250, 0.6, 60
PUBLISHERS, BOILERPLATE = 40, (30, 80)
EDITS = (0.01, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
COPIES = 4
FLOOD = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Planted:
    """Documents as `group` wants them, and of each document its story and the share of its words that was edited."""

    documents: pl.DataFrame
    story: NDArray[np.int64]
    edited: NDArray[np.float64]


def plant(n: int, flood: int, seed: int = 1) -> Planted:
    """About n documents over a month; one story in ten has copies, one is a flood."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{i:x}" for i in range(VOCABULARY)])
    weight = 1 / (np.arange(VOCABULARY) + 2.7)
    cumulative = np.cumsum(weight / weight.sum())
    boilerplate = [rng.integers(0, VOCABULARY, rng.integers(*BOILERPLATE)) for _ in range(PUBLISHERS)]
    texts, story, edited, ts = [], [], [], []

    def add(tokens: NDArray[np.int64], s: int, e: float, moment: float) -> None:
        texts.append(" ".join(words[tokens]))
        story.append(s)
        edited.append(e)
        ts.append(START + timedelta(seconds=moment))

    s = 0
    while len(texts) < n:
        length = max(SHORTEST, int(rng.lognormal(np.log(MEDIAN_WORDS), SPREAD)))
        body = np.searchsorted(cumulative, rng.random(length))
        whole = np.concatenate([body, boilerplate[rng.integers(PUBLISHERS)]])
        begun = rng.uniform(0, 30 * 86400)
        add(whole, s, 0.0, begun)
        copies = flood if s == 0 else COPIES if rng.random() < 0.1 else 0
        for _ in range(copies):
            share = float(rng.choice(EDITS[:4] if s == 0 else EDITS))
            add(edit(rng, whole, share), s, share, begun + rng.uniform(60, 2 * 86400))
        s += 1
    frame = pl.DataFrame({"doc_id": [f"d{i:06d}" for i in range(len(texts))], "available_ts": ts, "body": texts})
    documents = frame.with_columns(pl.col("available_ts").cast(pl.Datetime("us", "UTC")), title=pl.lit(""))
    return Planted(documents, np.array(story), np.array(edited))


def edit(rng: np.random.Generator, tokens: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """A copy in which `share` of the words were replaced, left out or doubled, a third each."""
    hit = rng.random(len(tokens)) < share
    kind = rng.integers(0, 3, len(tokens))
    changed = np.where(hit & (kind == 0), rng.integers(0, VOCABULARY, len(tokens)), tokens)
    times = np.where(hit & (kind == 1), 0, np.where(hit & (kind == 2), 2, 1))
    return np.repeat(changed, times)


def recall_by_edits(p: Planted, found: NDArray[np.int64]) -> dict[float, float]:
    """Of the copies with each share of edits, how many are in the story of their original."""
    first = {}
    for i, s in enumerate(p.story):
        first.setdefault(int(s), i)
    original = np.array([first[int(s)] for s in p.story])
    hit = found == found[original]
    return {e: float(hit[p.edited == e].mean()) for e in EDITS if (p.edited == e).any()}


def pairs(labels: NDArray[np.int64]) -> int:
    """Number of pairs with the same label."""
    n = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int((n * (n - 1) // 2).sum())


def precision(p: Planted, found: NDArray[np.int64], keep: NDArray[np.bool_]) -> float:
    """Of the pairs grouped together among `keep`, the share that was planted together."""
    together = pairs(found[keep])
    both = np.unique(np.stack([found[keep], p.story[keep]], axis=1), axis=0, return_inverse=True)[1].ravel()
    return pairs(both) / together if together else 1.0


@dataclass(frozen=True)
class Found:
    """What one run gave."""

    documents: int
    seconds: float
    grew_mb: float
    recall: dict[float, float]
    precision: float
    precision_15: float
    flood: int
    flood_stories: int


def measure(n: int, flood: int, out: "mp.Queue[Found]") -> None:
    """Plant, group, report; in a process of its own, whose peak of memory is its own."""
    planted = plant(n, flood)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    began = time.perf_counter()
    result = group_stories(planted.documents)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    joined = planted.documents.select("doc_id").join(result, on="doc_id", maintain_order="left")
    found = joined["story_id"].rank("dense").to_numpy().astype(np.int64)
    small = planted.story != 0
    up_to_15 = small & (planted.edited <= 0.15)
    out.put(
        Found(
            len(found), seconds, after - before, recall_by_edits(planted, found), precision(planted, found, small),
            precision(planted, found, up_to_15), int((~small).sum()), len(np.unique(found[~small])),
        )
    )  # fmt: skip


def run(n: int, flood: int) -> Found:
    """`measure` in a process of its own."""
    context = mp.get_context("spawn")
    queue: mp.Queue[Found] = context.Queue()
    process = context.Process(target=measure, args=(n, flood, queue))
    process.start()
    result = queue.get()
    process.join()
    return result


def main() -> None:
    """Print figures and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    args = parser.parse_args()
    few, many = run(args.documents // 10, FLOOD // 10), run(args.documents, FLOOD)
    print(f"{many.documents:,} documents in {many.seconds:.1f} s")
    print(f"memory grew by {few.grew_mb:.0f} MB over {few.documents:,}, {many.grew_mb:.0f} MB over all")
    shares = ", ".join(f"{100 * e:.0f} %: {r:.4f}" for e, r in many.recall.items())
    print(f"recall of copies by share of words edited: {shares}")
    print(f"precision of pairs: {many.precision_15:.4f} up to 15 %, {many.precision:.4f} in all")
    print(f"a flood of {many.flood:,} is {many.flood_stories} stories")
    low = min(r for e, r in many.recall.items() if e <= 0.15)
    for told, kept in (
        ("under a minute", many.seconds < 60),
        ("recall above .95 for edits up to 15 %", low > 0.95),
        ("precision above .95", many.precision_15 > 0.95),
        ("memory flat: less than twice that of a tenth", many.grew_mb < 2 * few.grew_mb),
        ("the flood is one story", many.flood_stories == 1),
    ):
        print(f"{'PASS' if kept else 'FAIL'}  {told}")


if __name__ == "__main__":
    main()
