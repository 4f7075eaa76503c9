"""Expected moves release by release, each from releases whose windows were over, combined by the record so far.

A level counts by how it scored on earlier releases; the band is widened or narrowed by how earlier bands held. So that
30 releases give a calibrated band, and many a reading of words where there is something to read.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import LEVELS, MEDIAN
from models.response.by_record import same_author, weights_by_record, widening
from models.response.history import History
from models.response.levels import Scales, fit_scales, walk_quantiles
from models.response.network import FEWEST_TO_TRAIN, EventNetwork, Seen, train_event_network
from models.response.words import FEWEST, MOST, Corpus, Ridge, WordModel

WALK, SCALE, KIND, WORDS, NETWORK = "walk", "scale", "kind", "words", "network"
LEVEL_NAMES = (WALK, SCALE, KIND, WORDS, NETWORK)
REFIT = 1.1  # fitted anew when there are a tenth more releases
RETRAIN = 1.25  # the network: when there are a quarter more
FEWEST_LIKE = 30


NO_TEXT = -1

Texts = tuple[str | None, ...]


@dataclass(frozen=True)
class Expected:
    """Quantiles of the move of N releases over H windows: of each level [N, H, L, Q], combined and calibrated
    [N, H, Q]; the weights of the levels [N, H, L], and quantiles of words that were dealt anew [N, H, Q].

    `instead` [N, 1 + K, H, Q]: combined, with other texts (or none) in the place of the release's own: first that of
    the earlier release `other` [N] (NO_TEXT where there is none), then K given ones. `n_past` [N]: releases that each
    was expected from.
    """

    levels: Array
    combined: Array
    weight: Array
    shuffled: Array
    instead: Array
    other: NDArray[np.int64]
    n_past: NDArray[np.int64]


def expect(history: History, others: tuple[Texts, ...] = (), *, seed: int = 7) -> Expected:
    """Walk forward over the releases of `history`; a release sees only those whose windows were over when it came.

    `others`: K times N texts that each release is read with as well; nothing is learned from them. Nor has the model
    learned from the earlier release whose text it reads in the place of each: a text that it knows the move of would
    not be like one that is new. Nothing (NaN) is expected of the first releases, as long as fewer than FEWEST_LIKE
    moves at like times are known.
    """
    n, h, k = len(history), len(history.windows_h), len(others)
    out = Expected(
        np.full((n, h, len(LEVEL_NAMES), len(LEVELS)), np.nan), np.full((n, h, len(LEVELS)), np.nan),
        np.full((n, h, len(LEVEL_NAMES)), np.nan), np.full((n, h, len(LEVELS)), np.nan),
        np.full((n, 1 + k, h, len(LEVELS)), np.nan), np.full(n, NO_TEXT), np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    every = history.text + tuple(t or "" for texts in others for t in texts)
    place = np.array([[n * (1 + j) + i if texts[i] else NO_TEXT for i in range(n)] for j, texts in enumerate(others)])
    corpus = Corpus(every, np.tile(history.kind, 1 + k))
    deal, draw, fitted = np.random.default_rng(seed), np.random.default_rng([seed, 1]), None
    for i in range(n):
        past = history.past_of(i)
        out.n_past[i] = len(past)
        if fitted is None or len(past) >= max(REFIT * fitted.n, fitted.n + 5):
            fitted = fit(history, corpus, i, past, deal, fitted)
        out.other[i] = _another(history, i, fitted.past, draw)
        rows = np.concatenate([[i, out.other[i]], place[:, i] if k else []]).astype(np.int64)
        levels, shuffled = fitted.read(history, i, rows)
        out.levels[i], out.shuffled[i] = levels[0], shuffled[0]
        for at in np.flatnonzero(np.isfinite(levels[0, :, 0, 0])):
            _combine(out, history, i, int(at), past, levels[1:, at])
    return out


def _another(history: History, i: int, learned: NDArray[np.int64], draw: np.random.Generator) -> int:
    """An earlier release with another text than release `i`, not one of `learned`; NO_TEXT where there is none."""
    share = draw.random()
    new = np.setdiff1d(np.flatnonzero(history.known_h[:i] < history.known_h[i]), learned, assume_unique=True)
    new = new[[history.text[j] != history.text[i] for j in new]] if len(new) else new
    return int(new[int(share * len(new))]) if len(new) else NO_TEXT


def _combine(out: Expected, history: History, i: int, at: int, past: NDArray[np.int64], others: Array) -> None:
    """Fill in the weights and the combined quantiles of release `i` over window `at` from the record of `past`, with
    its own text and with those whose levels are `others` [K, L, Q].
    """
    record = past[np.isfinite(out.levels[past, at, 0, 0]) & np.isfinite(history.move[past, at])]
    moved, before = history.move[record, at], out.levels[record, at]
    out.weight[i, at] = weights_by_record(before, moved)
    bands = np.einsum("pl,plq->pq", out.weight[record, at], before)
    wider = widening(bands, moved, out.levels[i, at, 0], same_author(history, i, record))
    mixed = np.einsum("l,klq->kq", out.weight[i, at], np.concatenate([out.levels[i, at][None], others]))
    middle = mixed[:, MEDIAN, None]
    calibrated = middle + wider * (mixed - middle)
    out.combined[i, at], out.instead[i, :, at] = calibrated[0], calibrated[1:]


@dataclass(frozen=True)
class Window:
    """The levels of one window; `learned` [P]: releases that the word models learned from, by place."""

    walk: Array
    scales: Scales
    learned: NDArray[np.int64]
    words: WordModel | None
    shuffled: WordModel | None


@dataclass(frozen=True)
class Trained:
    """The network as trained on `n` releases, with the TF-IDF [N, V] that it reads."""

    n: int
    vectors: sp.csr_matrix
    network: EventNetwork

    def read(self, state: Array, rows: NDArray[np.int64]) -> Array:
        """Quantiles [R, H, Q] of the moves after the texts in `rows` [R], each met by one `state` [C]."""
        state, told = np.tile(state, (len(rows), 1)), rows != NO_TEXT
        out = self.network.quantiles(None, state)
        out[told] = self.network.quantiles(sp.csr_matrix(self.vectors[rows[told]]), state[told])
        return out


@dataclass(frozen=True)
class Fitted:
    """The levels of every window as fitted on the releases `past`; None where too little is known of like times."""

    past: NDArray[np.int64]
    vectors: sp.csr_matrix | None
    windows: list[Window | None]
    network: Trained | None

    @property
    def n(self) -> int:
        """Number of releases that it is fitted on."""
        return len(self.past)

    def read(self, history: History, i: int, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Quantiles of each level [R, H, L, Q] for release `i` with each text in `rows` [R], and those of words dealt
        anew [R, H, Q]; NaN over windows of which too little is known.
        """
        h, q = len(self.windows), len(LEVELS)
        out, dealt = np.full((len(rows), h, len(LEVEL_NAMES), q), np.nan), np.full((len(rows), h, q), np.nan)
        trained = None if self.network is None else self.network.read(history.state[i], rows)
        for at, window in enumerate(self.windows):
            if window is None:
                continue
            kind = window.scales.of(history.kind[i : i + 1])[0] * window.walk
            words, dealt[:, at] = self._words(window, rows, kind)
            network = words if trained is None else trained[:, at]
            plain = np.stack([window.walk, window.scales.every * window.walk, kind])
            out[:, at] = np.concatenate([np.tile(plain, (len(rows), 1, 1)), words[:, None], network[:, None]], axis=1)
        return out, dealt

    def _words(self, window: Window, rows: NDArray[np.int64], kind: Array) -> tuple[Array, Array]:
        """Quantiles [R, Q] of words read linearly, and of those dealt anew; of the kind alone where nothing is read."""
        words, dealt = np.tile(kind, (len(rows), 1)), np.tile(kind, (len(rows), 1))
        told = rows != NO_TEXT
        if self.vectors is not None and (window.words or window.shuffled) and told.any():
            close = np.asarray((self.vectors[rows[told]] @ self.vectors[window.learned].T).todense())
            words[told] = words[told] if window.words is None else window.words.quantiles(close)
            dealt[told] = dealt[told] if window.shuffled is None else window.shuffled.quantiles(close)
        return words, dealt


def fit(
    history: History, corpus: Corpus, i: int, past: NDArray[np.int64], deal: np.random.Generator, before: Fitted | None
) -> Fitted:
    """The levels as release `i` finds them; the network of `before` stays until there is RETRAIN times as much to learn
    from. Windows in which the same releases are measured share a kernel.
    """
    vectors = corpus.vectors(past[-MOST:]) if len(past) >= FEWEST else None
    ridges: dict[bytes, Ridge] = {}
    windows: list[Window | None] = []
    for at in range(len(history.windows_h)):
        like = history.like[: i + 1, at]
        if np.isfinite(like).sum() < FEWEST_LIKE:
            windows.append(None)
            continue
        known = past[np.isfinite(history.move[past, at])]
        walk, move = walk_quantiles(like), history.move[known, at]
        learned, words, shuffled = known[-MOST:], None, None
        if vectors is not None and len(learned) >= FEWEST:
            key = learned.tobytes()
            if key not in ridges:
                part = vectors[learned]
                ridges[key] = Ridge(np.asarray((part @ part.T).todense()))
            words = ridges[key].fit(history.move[learned, at])
            shuffled = ridges[key].fit(deal.permutation(history.move[learned, at]))
        windows.append(Window(walk, fit_scales(walk, move, history.kind[known]), learned, words, shuffled))
    return Fitted(past, vectors, windows, _network(history, corpus, i, past, before))


def _network(
    history: History, corpus: Corpus, i: int, past: NDArray[np.int64], before: Fitted | None
) -> Trained | None:
    """The network trained on `past`, or that of `before`; None with too few releases, or without like times."""
    old = None if before is None else before.network
    if len(past) < FEWEST_TO_TRAIN or (old is not None and len(past) < RETRAIN * old.n):
        return old
    like = history.like[: i + 1]
    if (np.isfinite(like).sum((0, 2)) < FEWEST_LIKE).any():
        return old
    walk = np.stack([walk_quantiles(like[:, at]) for at in range(len(history.windows_h))])
    vectors = corpus.vectors(past)
    seen = Seen(vectors[past], history.state[past], history.move[past], history.like[past], walk)
    return Trained(len(past), vectors, train_event_network(seen))
