"""Expected moves release by release, each from releases whose windows were over, combined by the record so far.

A level counts by how it scored on earlier releases; the band is widened or narrowed by how earlier bands held. So that
30 releases give a calibrated band, and many a reading of words where there is something to read.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from domain.types import Array
from models.quantiles.quantiles import CENTRAL, LEVELS, MEDIAN
from models.quantiles.scores import crps
from models.response.history import History
from models.response.levels import CENTRAL_LEVELS, Scales, fit_scales, walk_quantiles
from models.response.network import FEWEST_TO_TRAIN, EventNetwork, Seen, train_event_network
from models.response.words import FEWEST, MOST, Corpus, Ridge, WordModel

WALK, SCALE, KIND, WORDS, NETWORK = "walk", "scale", "kind", "words", "network"
LEVEL_NAMES = (WALK, SCALE, KIND, WORDS, NETWORK)
REFIT = 1.1  # fitted anew when there are a tenth more releases
RETRAIN = 1.25  # the network: when there are a quarter more
SHARPNESS = 4.0  # of the weights by record: how much of the mean CRPS of the walk one e-fold is
BAND = 0.9
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
PRIOR_BANDS = 20
FEWEST_LIKE = 30


@dataclass(frozen=True)
class Expected:
    """Quantiles of the move of N releases over H windows: of each level [N, H, L, Q], combined and calibrated
    [N, H, Q]; the weights of the levels [N, H, L], and quantiles of words that were dealt anew [N, H, Q].

    `n_past` [N]: releases that each was expected from.
    """

    levels: Array
    combined: Array
    weight: Array
    shuffled: Array
    n_past: NDArray[np.int64]


def expect(history: History, *, seed: int = 7) -> Expected:
    """Walk forward over the releases of `history`; a release sees only those whose windows were over when it came.

    Nothing (NaN) is expected of the first ones, as long as fewer than FEWEST_LIKE moves at like times are known.
    """
    n, h = len(history), len(history.windows_h)
    out = Expected(
        np.full((n, h, len(LEVEL_NAMES), len(LEVELS)), np.nan), np.full((n, h, len(LEVELS)), np.nan),
        np.full((n, h, len(LEVEL_NAMES)), np.nan), np.full((n, h, len(LEVELS)), np.nan), np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    corpus, deal, fitted = Corpus(history.text, history.kind), np.random.default_rng(seed), None
    for i in range(n):
        past = history.past_of(i)
        out.n_past[i] = len(past)
        if fitted is None or len(past) >= max(REFIT * fitted.n, fitted.n + 5):
            fitted = fit(history, corpus, i, past, deal, fitted)
        for at in range(h):
            if fitted.windows[at] is not None:
                out.levels[i, at], out.shuffled[i, at] = fitted.quantiles(history, i, at)
                _combine(out, history, i, at, past)
    return out


def _combine(out: Expected, history: History, i: int, at: int, past: NDArray[np.int64]) -> None:
    """Fill in the weights and the combined quantiles of release `i` over window `at` from the record of `past`."""
    record = past[np.isfinite(out.levels[past, at, 0, 0]) & np.isfinite(history.move[past, at])]
    moved, before = history.move[record, at], out.levels[record, at]
    out.weight[i, at] = weights_by_record(before, moved)
    mixed = out.weight[i, at] @ out.levels[i, at]
    bands = np.einsum("pl,plq->pq", out.weight[record, at], before)
    out.combined[i, at] = mixed[MEDIAN] + widening(bands, moved, out.levels[i, at, 0]) * (mixed - mixed[MEDIAN])


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

    def quantiles(self, history: History, i: int) -> Array:
        """Quantiles [H, Q] of the moves after release `i`."""
        return self.network.quantiles(self.vectors[i], history.state[i : i + 1])[0]


@dataclass(frozen=True)
class Fitted:
    """The levels of every window as fitted on `n` releases; None where too little is known of like times."""

    n: int
    vectors: sp.csr_matrix | None
    windows: list[Window | None]
    network: Trained | None

    def quantiles(self, history: History, i: int, at: int) -> tuple[Array, Array]:
        """Quantiles of each level [L, Q] for release `i` over window `at`, and those of words dealt anew [Q]."""
        window = self.windows[at]
        assert window is not None
        kind = window.scales.of(history.kind[i : i + 1])[0] * window.walk
        words = shuffled = kind
        if window.words or window.shuffled:
            assert self.vectors is not None
            close = np.asarray((self.vectors[i] @ self.vectors[window.learned].T).todense())
            words = kind if window.words is None else window.words.quantiles(close)[0]
            shuffled = kind if window.shuffled is None else window.shuffled.quantiles(close)[0]
        network = words if self.network is None else self.network.quantiles(history, i)[at]
        return np.stack([window.walk, window.scales.every * window.walk, kind, words, network]), shuffled


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
    return Fitted(len(past), vectors, windows, _network(history, corpus, i, past, before))


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


def weights_by_record(quantiles: Array, move: Array) -> Array:
    """Weights of the levels [L] by their CRPS on earlier releases ([P, L, Q] against [P]); alike without a record."""
    if not len(move):
        return np.full(len(LEVEL_NAMES), 1 / len(LEVEL_NAMES))
    loss = np.stack([crps(quantiles[:, k][:, CENTRAL], move, CENTRAL_LEVELS) for k in range(quantiles.shape[1])], 1)
    behind = loss.sum(0) - loss.sum(0).min()
    w = np.exp(-SHARPNESS * behind / loss[:, 0].mean())
    return np.asarray(w / w.sum())


def widening(bands: Array, move: Array, walk: Array) -> float:
    """The factor by which earlier bands [P, Q] should have been wider to hold BAND of the moves [P].

    PRIOR_BANDS outcomes of the walk [Q] in its own band stand beside them, so that it begins at one.
    """
    prior = np.interp((np.arange(PRIOR_BANDS) + 0.5) / PRIOR_BANDS, LEVELS, np.abs(walk - walk[MEDIAN]))
    prior = np.sort(prior) / np.quantile(prior, BAND, method="higher")
    needed = np.abs(move - bands[:, MEDIAN]) / ((bands[:, HIGH] - bands[:, LOW]) / 2)
    return float(np.quantile(np.concatenate([prior, needed]), BAND, method="higher"))
