"""Direction and size of the move after a release as linear functions of its words.

TF-IDF of words and pairs of words, weighted by the releases learned from alone; ridge regression in its dual form.
Penalties, and whether words count at all, are chosen by leaving out stretches of time; residuals of the left-out
stretches give the spread.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from domain.types import Array
from models.quantiles.quantiles import LEVELS
from models.response.levels import LARGEST

FEWEST, MOST = 40, 1500  # releases to learn from; of more the newest
FOLDS = 5
PENALTIES = np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
GAIN = 0.01  # of squared error left out, below which words do not count
LOG_SIZE = 0.25
MAX_CHARACTERS = 4000


class Corpus:
    """Counts of words and pairs of words of N texts, and their kinds [N] as a word more each. What they weigh is fitted
    on the past only: a word of which fewer than two past texts have one weighs nothing.
    """

    def __init__(self, text: tuple[str, ...], kind: NDArray[np.str_]) -> None:
        counter = CountVectorizer(
            ngram_range=(1, 2), strip_accents="unicode",
            token_pattern=r"(?u)\b[^\W\d_]{2,}\b",  # noqa: S106
        )  # fmt: skip
        try:
            counts = counter.fit_transform([t[:MAX_CHARACTERS] for t in text]).astype(np.float64)
        except ValueError:  # no text has a word
            counts = sp.csr_matrix((len(text), 1))
        counts.data = 1 + np.log(counts.data)
        kinds, at = np.unique(kind, return_inverse=True)
        of_kind = sp.csr_matrix((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), len(kinds)))
        self.counts = sp.csr_matrix(sp.hstack([counts, of_kind]) if len(kinds) > 1 else counts)

    def vectors(self, past: NDArray[np.int64]) -> sp.csr_matrix:
        """TF-IDF [N, V] of all texts, of unit length, with the weights of the `past` texts."""
        df = np.asarray((self.counts[past] > 0).sum(0)).ravel()
        idf = np.where(df >= 2, np.log((1 + len(past)) / (1 + df)) + 1, 0.0)
        weighted = self.counts @ sp.diags(idf)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
        return sp.csr_matrix(sp.diags(np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)) @ weighted)


@dataclass(frozen=True)
class WordModel:
    """A fitted model: coefficients of the past texts for direction and log size, and quantiles of the residual."""

    direction: Array
    size: Array
    centre: tuple[float, float]
    spread: Array

    def quantiles(self, close: Array) -> Array:
        """Quantiles [N, Q] of the move after texts with the products `close` [N, P] with the past ones."""
        at = self.centre[0] + close @ self.direction
        scale = np.exp(self.centre[1] + close @ self.size)
        return np.asarray(at[:, None] + scale[:, None] * self.spread)


class Ridge:
    """Ridge regressions on one kernel [P, P] with stretches of time left out: decompositions that all targets share."""

    def __init__(self, kernel: Array) -> None:
        self.kernel = kernel
        self.folds = np.array_split(np.arange(len(kernel)), FOLDS)
        self.parts = []
        for fold in self.folds:
            kept = np.setdiff1d(np.arange(len(kernel)), fold)
            values, basis = np.linalg.eigh(kernel[np.ix_(kept, kept)])
            self.parts.append((fold, kept, values, basis, kernel[np.ix_(fold, kept)] @ basis))

    def best(self, target: Array) -> tuple[Array, Array]:
        """Predictions of the left-out stretches [P] and coefficients [P] at the best penalty; the mean and zeros where
        no penalty lowers the squared error of the left-out stretches by GAIN.
        """
        plain, found = np.empty_like(target), np.empty((len(PENALTIES), len(target)))
        for fold, kept, values, basis, close in self.parts:
            plain[fold] = target[kept].mean()
            turned = basis.T @ (target[kept] - plain[fold[0]])
            shrunk = turned / (values[None, :] + PENALTIES[:, None])
            found[:, fold] = plain[fold[0]] + shrunk @ close.T
        error = ((target - found) ** 2).sum(1)
        if error.min() >= (1 - GAIN) * ((target - plain) ** 2).sum():
            return plain, np.zeros_like(target)
        at = int(error.argmin())
        ridge = self.kernel + PENALTIES[at] * np.eye(len(target))
        return found[at], np.linalg.solve(ridge, target - target.mean())

    def fit(self, move: Array) -> WordModel | None:
        """The model of past moves [P], in order of time; None where words say nothing of them."""
        move = np.clip(move, -LARGEST, LARGEST)
        at, direction = self.best(move)
        left = np.log(np.abs(move - at) + LOG_SIZE)
        scale, size = self.best(left)
        if not direction.any() and not size.any():
            return None
        centre = tuple(float(t.mean() - (self.kernel @ w).mean()) for t, w in ((move, direction), (left, size)))
        return WordModel(direction, size, (centre[0], centre[1]), np.quantile((move - at) / np.exp(scale), LEVELS))
