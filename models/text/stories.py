"""Near-duplicates: groups documents of nearly the same wording into stories and finds the first of each.

MinHash over pairs of neighbouring words (Broder 1997), candidates from locality-sensitive hashing in bands (Indyk and
Motwani 1998), in the order in which documents became available: a document joins the most similar story begun within
WINDOW_DAYS before it that it does not contradict (`contradiction`), or begins its own. So later documents never change
a story's beginning. Documents are processed in blocks: memory grows with the stories of a window, not with the number
of documents.
"""

from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.text.contradiction import Said, contradict, what_is_said

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint32]

N_HASHES, BAND = 126, 3
N_BANDS = N_HASHES // BAND
MIN_SIMILARITY = 0.42  # Jaccard similarity of pairs of words from which two texts are copies
SHORT_TEXT_WORDS, MIN_SIMILARITY_SHORT = (
    20,
    0.65,
)  # shorter texts must be more similar, since headlines share phrases
WINDOW_DAYS = 3.0
MAX_CHARACTERS = 20_000
BLOCK = 4_000
MAX_PER_BUCKET = 32  # earlier documents of one bucket that are compared
SEED = 20_211


@dataclass
class _OpenStories:
    """Stories that may still grow: of their first documents the rows, moments (s), signatures and lengths in words."""

    row: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    moment: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    signature: Signatures = field(default_factory=lambda: np.zeros((0, N_HASHES), dtype=np.uint32))
    length: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    said: list[Said] = field(default_factory=list)

    def take(self, keep: NDArray[np.bool_]) -> "_OpenStories":
        """The stories that `keep` selects."""
        said = list(compress(self.said, keep))
        return _OpenStories(self.row[keep], self.moment[keep], self.signature[keep], self.length[keep], said)

    def concat(self, other: "_OpenStories") -> "_OpenStories":
        """These stories, followed by `other`."""
        return _OpenStories(
            np.concatenate([self.row, other.row]),
            np.concatenate([self.moment, other.moment]),
            np.concatenate([self.signature, other.signature]),
            np.concatenate([self.length, other.length]),
            self.said + other.said,
        )


def group_stories(documents: pl.DataFrame, *, window_days: float = WINDOW_DAYS) -> pl.DataFrame:
    """`doc_id`, `story_id`, `copy_number`, `similarity` of every document (doc_id, available_ts, title, body).

    `story_id` is the doc_id of the story's first document, `copy_number` 0 for it and 1, 2, … for its copies in order
    of `available_ts` (ties by doc_id), `similarity` the estimated Jaccard similarity to it (1 for itself). Uses
    documents available by a document's own moment only. A text without words is a story of its own.
    """
    ordered = documents.select("doc_id", "available_ts", "title", "body").sort("available_ts", "doc_id")
    n = len(ordered)
    moments = ordered["available_ts"].dt.epoch("s").to_numpy()
    first, similarity = np.arange(n), np.ones(n)
    begun = _OpenStories()
    for start in range(0, n, BLOCK):
        part = ordered[start : start + BLOCK]
        signature, length = minhash_signatures(part)
        rows, said = np.arange(start, start + len(part)), what_is_said(part)
        block = _OpenStories(rows, moments[start : start + BLOCK], signature, length, said)
        begun = begun.take(begun.moment >= block.moment[0] - window_days * 86400)
        begun = _assign_stories(begun, block, window_days * 86400, first, similarity)
    return ordered.select("doc_id").with_columns(
        story_id=ordered["doc_id"].gather(first), copy_number=_copy_numbers(first), similarity=pl.Series(similarity)
    )


def _copy_numbers(first: NDArray[np.int64]) -> pl.Series:
    """Number of earlier documents of the same story, [N]."""
    return pl.DataFrame({"s": first}).select(pl.int_range(pl.len(), dtype=pl.Int32).over("s")).to_series()


def minhash_signatures(documents: pl.DataFrame) -> tuple[Signatures, NDArray[np.int64]]:
    """MinHash signatures [N, N_HASHES] of documents (title, body) and their lengths in words [N].

    A word is a run of letters and digits, in lower case; of each text the first MAX_CHARACTERS count.
    """
    text = pl.concat_str(pl.col("title").fill_null(""), pl.col("body").fill_null(""), separator=" ")
    words = documents.select(
        text.str.slice(0, MAX_CHARACTERS).str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+").alias("w")
    )["w"]
    length = words.list.len().to_numpy().astype(np.int64)
    flat = words.filter(words.list.len() > 0).explode().hash(SEED).to_numpy()
    return _minhash(_pairs(flat, length), length), length


def _pairs(words: Hashes, length: NDArray[np.int64]) -> Hashes:
    """A hash of each word with the next one of its text, [words]; the last word of a text pairs with an end marker."""
    following = np.empty_like(words)
    following[:-1] = words[1:]
    ends = np.cumsum(length)[length > 0] - 1
    following[ends] = 0
    return _scramble(words * np.uint64(0x9E3779B97F4A7C15) ^ following)


def _scramble(x: Hashes) -> Hashes:
    """A bijection of 64-bit numbers in which each output bit depends on each input bit (MurmurHash3's finaliser)."""
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


def _minhash(pairs: Hashes, length: NDArray[np.int64]) -> Signatures:
    """The minimum of each of N_HASHES hashes over each text's pairs, [N, N_HASHES]; all ones without any.

    Multiply-shift hashing (Dietzfelbinger et al. 1997): odd multipliers, upper halves.
    """
    rng = np.random.default_rng(SEED)
    multipliers = rng.integers(0, 2**63, N_HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    filled = length > 0
    starts = (np.cumsum(length) - length)[filled]
    out = np.full((len(length), N_HASHES), np.iinfo(np.uint32).max, dtype=np.uint32)
    if len(pairs):
        for i, multiplier in enumerate(multipliers):
            hashed = ((pairs * multiplier) >> np.uint64(32)).astype(np.uint32)
            out[filled, i] = np.minimum.reduceat(hashed, starts)
    return out


def _bands(signature: Signatures) -> Hashes:
    """One number per band of BAND hashes, [N, N_BANDS]."""
    parts = signature.reshape(len(signature), N_BANDS, BAND).astype(np.uint64)
    out = np.zeros(parts.shape[:2], dtype=np.uint64)
    for i in range(BAND):
        out = _scramble(out ^ (parts[:, :, i] + np.uint64(i + 1)))
    return out


def _assign_stories(
    begun: _OpenStories, block: _OpenStories, window_s: float, first: NDArray[np.int64], similarity: NDArray[np.float64]
) -> _OpenStories:
    """Put each document of a block into a story, in order; fills `first` and `similarity` at its rows.

    Returns the stories that may still grow.
    """
    both, known = begun.concat(block), len(begun.row)
    leads, leader = np.ones(len(both.row), dtype=bool), np.arange(len(both.row))
    later, earlier = _candidates(both, known)
    bounds = np.searchsorted(later, np.arange(known, len(both.row) + 1))
    for i in np.unique(later):
        stories = np.unique(leader[earlier[bounds[i - known] : bounds[i - known + 1]]])
        alike = (both.signature[stories] == both.signature[i]).mean(1)
        near = both.moment[i] - both.moment[stories] <= window_s
        alike[~near | (alike < required_similarity(both.length[stories], both.length[i]))] = 0
        for at in np.flatnonzero(alike):
            if contradict(both.said[i], both.said[stories[at]], float(alike[at])):
                alike[at] = 0
        best = alike.argmax()
        if alike[best] > 0:
            leader[i], leads[i] = stories[best], False
            first[both.row[i]], similarity[both.row[i]] = both.row[stories[best]], alike[best]
    return both.take(leads)


def required_similarity(a: NDArray[np.int64], b: np.int64) -> NDArray[np.float64]:
    """The similarity from which texts of these lengths count as copies."""
    return np.where(np.minimum(a, b) < SHORT_TEXT_WORDS, MIN_SIMILARITY_SHORT, MIN_SIMILARITY)


def _candidates(both: _OpenStories, known: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (later, earlier) that share a band, later ≥ `known`, ordered by later."""
    n = len(both.row)
    with_words = np.flatnonzero(both.length > 0)
    found = [np.zeros(0, dtype=np.int64)]
    for keys in _bands(both.signature[with_words]).T:
        order = np.argsort(keys, kind="stable")
        run = np.flatnonzero(np.r_[True, keys[order][1:] != keys[order][:-1]])
        size = np.diff(np.r_[run, len(order)])
        place = np.arange(len(order)) - np.repeat(run, size)
        begin = np.repeat(run, size)
        for back in range(min(MAX_PER_BUCKET, int(size.max(initial=1)) - 1)):
            at = np.flatnonzero(place > back)
            later, earlier = with_words[order[at]], with_words[order[begin[at] + back]]
            found.append((later * n + earlier)[later >= known])
    later, earlier = np.divmod(np.unique(np.concatenate(found)), n)
    return later, earlier
