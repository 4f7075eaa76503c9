"""Which labelled texts a detector is fitted on, and which ones test it: with a generator, a domain, a source left out.

A split learns from one half of the pairs (a text and what machines made of it) and is tested on the other. Of what is
left out no text is learned from. Small groups are left out two at a time, which only makes it harder.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.str_]
Rows = NDArray[np.int64]
INSTRUCTED = (
    "gpt-3.5", "gpt-4", "gpt-5", "GPT-3-Turbo", "GPT-4o", "ChatGPT", "Claude", "Gemini", "gemini", "Llama", "llama",
    "Mistral", "Google-PaLM", "vicuna",
)  # fmt: skip
EDITED = "fact-altering edit of the human article"  # a few words of a person's text changed: still that person's words
FOLDS = 3
GENERATORS = (
    ("GPT-4o",), ("Llama-3-70B",), ("gpt-3.5-turbo",), ("Gemini-1.5-Pro",), ("Claude-instant",), ("gpt-4",),
    ("ChatGPT", "GPT-3-Turbo"), ("Google-PaLM", "Llama-2-70b", "Llama-2-70b-chat-hf", "Mistral-7B-Instruct-v0.1"),
)  # fmt: skip
DOMAINS = (
    ("l2r_Business", "news_xsum"), ("l2r_Finance", "news_raidar"), ("l2r_NewsArticle", "qa_pubmed"),
    ("l2r_LegalDocument", "story_writingprompts"), ("l2r_GovernmentPublic", "mixed_seqxgpt"),
    ("l2r_TechnicalWriting", "news_politifact"), ("l2r_ProductReview", "l2r_OnlineContent"),
)  # fmt: skip
SOURCES = (
    ("ranhli/l2r_data",), ("NLP2CT/DetectRL", "kinit-sk/disinformation-capabilities"),
    ("baoguangsheng/fast-detect-gpt", "Jihuai-wpy/SeqXGPT"), ("cvlab-columbia/RaidarLLMDetect", "jiayingwu19/SheepDog"),
)  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to test on; `by` (generator, domain, source) says what was left out, `left` which."""

    name: str
    by: str
    left: tuple[str, ...]
    learn: Rows
    check: Rows


@dataclass(frozen=True)
class Labels:
    """What is known of each labelled text, [N] each."""

    is_machine: NDArray[np.bool_]
    model: Names
    domain: Names
    source: Names
    pair: Names

    def weights(self, rows: Rows) -> NDArray[np.float64]:
        """Weight of texts: both classes alike, and a domain by the root of its texts."""
        key = np.char.add(np.char.add(self.domain[rows], "|"), self.is_machine[rows].astype(str))
        _, place, count = np.unique(key, return_inverse=True, return_counts=True)
        weight = count[place] ** -0.5
        for machine in (True, False):
            of_class = self.is_machine[rows] == machine
            weight[of_class] /= weight[of_class].sum()
        return np.asarray(weight)


def folds(labels: Labels) -> list[Split]:
    """FOLDS splits of all texts, pairs whole, for scores of every text by a detector that did not see it."""
    names = np.unique(labels.pair)
    of = np.random.default_rng(7).integers(0, FOLDS, len(names))[np.searchsorted(names, labels.pair)]
    return [Split(f"fold {k}", "fold", (), np.flatnonzero(of != k), np.flatnonzero(of == k)) for k in range(FOLDS)]


def left_out(labels: Labels) -> list[Split]:
    """Every split with something left out."""
    names = np.unique(labels.pair)
    first = np.isin(labels.pair, np.random.default_rng(3).permutation(names)[::2])
    made = []
    for group in GENERATORS:
        is_left = np.isin(labels.model, group)
        for k, half in enumerate((first, ~first)):
            learn, check = half & ~is_left, ~half & (~labels.is_machine | is_left)
            made.append(_split("generator", group, learn, check, f" {k}"))
    for by, groups, of in (("domain", DOMAINS, labels.domain), ("source", SOURCES, labels.source)):
        for group in groups:
            is_left = np.isin(of, group)
            learn = first & ~is_left & ~np.isin(labels.pair, labels.pair[is_left])
            made.append(_split(by, group, learn, is_left, ""))
    return made


def _split(by: str, left: tuple[str, ...], learn: NDArray[np.bool_], check: NDArray[np.bool_], end: str) -> Split:
    return Split(f"{by} {left[0]}{end}", by, left, np.flatnonzero(learn), np.flatnonzero(check))
