"""A text's words, pairs of words and runs of three to five characters, hashed, and a regression on them.

Each counted as 1 + log n, weighed by how rare it is among the texts of the fit (inverse document frequency) and scaled
to unit length, words and characters apart (Salton and Buckley 1988). Hashed (Weinberger et al. 2009), so that no list
of words is kept. Reads a few hundred texts a second.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from models.text.language.tokens import clean_text

Vector = NDArray[np.float64]
HASHES = 2**16
WORD_OR_MARK = r"[^\W\d_]+|[^\w\s]"
MAX_CHARACTERS = 1_300  # about the length that the language model reads
STRENGTH = 10.0  # inverse of the ridge penalty


@dataclass(frozen=True, eq=False)
class Words:
    """A regression on hashed words: rarity and weight of each hash, [2 × HASHES]: of words, then of characters."""

    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: float

    def scores(self, texts: list[str | None]) -> Vector:
        """Log odds of machine authorship by the words of each text alone, [N]; the intercept for an empty one."""
        found = _weighed(word_counts(texts), self.rarity) @ self.weights.astype(np.float64) + self.intercept
        return np.asarray(found, dtype=np.float64)


def word_counts(texts: list[str | None]) -> tuple[csr_matrix, csr_matrix]:
    """1 + log of how often each hash occurs in the first MAX_CHARACTERS of each text: words and characters."""
    cut = [clean_text(t)[:MAX_CHARACTERS] for t in texts]
    made = tuple(v.transform(cut).astype(np.float64) if cut else csr_matrix((0, HASHES)) for v in _vectorizers())
    for counts in made:
        counts.data = 1 + np.log(counts.data)
    return made[0], made[1]


def fit_words(texts: list[str | None], is_machine: NDArray[np.bool_], weight: Vector) -> Words:
    """A ridge logistic regression on the words of texts that count by their `weight` [N]."""
    from sklearn.linear_model import LogisticRegression

    counts = word_counts(texts)
    rarity = np.concatenate([_rarity(part) for part in counts]).astype(np.float16).astype(np.float32)
    model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=7)
    model.fit(_weighed(counts, rarity), is_machine, sample_weight=weight * len(weight) / weight.sum())
    weights = model.coef_[0].astype(np.float16).astype(np.float32)  # as it is kept
    return Words(rarity, weights, float(model.intercept_[0]))


@cache
def _vectorizers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    options = {"n_features": HASHES, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(ngram_range=(1, 2), **{"token_pattern": WORD_OR_MARK}, **options)
    return words, HashingVectorizer(analyzer="char", ngram_range=(3, 5), lowercase=False, **options)


def _rarity(counts: csr_matrix) -> Vector:
    """log (1 + N) ÷ (1 + number of texts with the hash), + 1."""
    there = np.bincount(counts.indices, minlength=HASHES)
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + there)) + 1, dtype=np.float64)


def _weighed(counts: tuple[csr_matrix, csr_matrix], rarity: NDArray[np.float32]) -> csr_matrix:
    """Counts times rarity, each part of a text at unit length, [N, 2 × HASHES]."""
    from sklearn.preprocessing import normalize

    parts = [
        part.multiply(rarity[i * HASHES : (i + 1) * HASHES].astype(np.float64)).tocsr() for i, part in enumerate(counts)
    ]
    return hstack([normalize(part) if part.shape[0] else part for part in parts], format="csr")
