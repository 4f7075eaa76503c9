"""The level above words: a small network in event time, which reads words together with the state they met.

Words and pairs of words as a weighted sum of trained vectors, beside the state before the release, through two layers
to a shift and a factor of the walk per window. Both are zero effects at the start, so that an untrained one is the
walk. Every batch holds as many like times without a text as releases, whose moves say what the state alone is worth.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.types import Array
from models.quantiles.quantiles import CENTRAL
from models.response.levels import CENTRAL_LEVELS, LARGEST, SCALES, scaled_losses

FEWEST_TO_TRAIN = 250
MEMBERS = 3
WIDTH, HIDDEN = 32, 64
LEAST_TEXTS, LEAST_SHARE = 3, 0.01  # of the past, that have a word: rarer ones would be learned by rote
WORDS_LEFT_OUT, DROPPED = 0.6, 0.2
LOUDER = 2.0  # vectors of texts are of unit length: too quiet beside states
RATE, DECAY = 1e-2, 0.3
BATCH, EPOCHS, LEAST_STEPS = 256, 12, 240
STRETCHES = 5  # of the past: each member leaves one out, which says when to stop, and how wide the bands must be
TRUST = np.linspace(0, 1, 11)  # shares of the shift
SURE = 20.0  # moves left out, beside which a factor of one counts
FAR = 4.0  # standard deviations of a state, beyond which all count alike


class Net(nn.Module):
    """Shift and log factor of the walk, [B, H] each, from the words of B texts and their states [B, C]."""

    def __init__(self, n_words: int, n_states: int, n_windows: int) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(max(n_words, 1), WIDTH, mode="sum")
        nn.init.normal_(self.words.weight, std=0.3)
        self.nothing_read = nn.Parameter(torch.zeros(WIDTH))
        self.dropped = nn.Dropout(DROPPED)
        self.layers = nn.Sequential(
            nn.Linear(WIDTH + n_states, HIDDEN), nn.GELU(), nn.Dropout(DROPPED), nn.Linear(HIDDEN, HIDDEN), nn.GELU()
        )
        self.shift, self.factor = nn.Linear(HIDDEN, n_windows), nn.Linear(HIDDEN, n_windows)
        for last in (self.shift, self.factor):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, words: sp.csr_matrix | None, state: Tensor) -> tuple[Tensor, Tensor]:
        """`words` [B, V], None where there is no text to read."""
        read = self.nothing_read.expand(len(state), -1) if words is None else self._read(words)
        hidden = self.layers(torch.cat([self.dropped(read), state], 1))
        return self.shift(hidden), self.factor(hidden)

    def _read(self, words: sp.csr_matrix) -> Tensor:
        weight = LOUDER * torch.from_numpy(words.data.astype(np.float32))
        if self.training:
            weight = weight * (torch.rand_like(weight) > WORDS_LEFT_OUT) / (1 - WORDS_LEFT_OUT)
        at, start = (torch.from_numpy(x.astype(np.int64)) for x in (words.indices, words.indptr[:-1]))
        found: Tensor = self.words(at, start, per_sample_weights=weight)
        return found


@dataclass(frozen=True)
class Seen:
    """Past releases to learn from, in order of time: words [N, V], states [N, C], moves [N, H] and moves at like times
    [N, H, K] in sigmas (NaN where unknown), and the quantiles of the walk per window [H, Q].
    """

    words: sp.csr_matrix
    state: Array
    move: Array
    like: Array
    walk: Array


@dataclass(frozen=True)
class EventNetwork:
    """Trained members, the words that they know, what states are measured by, and per window the share of the shift
    that held on moves left out and the factor of the bands.
    """

    members: tuple[Net, ...]
    known: NDArray[np.int64]
    centre: Array
    spread: Array
    trust: Array
    widening: Array
    walk: Array

    def quantiles(self, words: sp.csr_matrix | None, state: Array) -> Array:
        """Quantiles [N, H, Q] in sigmas of the moves after N texts, or after none."""
        read = None if words is None else sp.csr_matrix(words[:, self.known])
        shift, factor = _read_by(self.members, read, _standard(state, self.centre, self.spread))
        return np.asarray((self.trust * shift)[..., None] + (self.widening * factor)[..., None] * self.walk)


def _read_by(members: tuple[Net, ...], words: sp.csr_matrix | None, state: Tensor) -> tuple[Array, Array]:
    """Mean shift and geometric mean of the factors over members, [N, H] each."""
    with torch.no_grad():
        parts = [net(words, state) for net in members]
    shift = np.mean([s.double().numpy() for s, _ in parts], axis=0)
    return shift, np.exp(np.mean([f.double().numpy() for _, f in parts], axis=0))


def train_event_network(seen: Seen, seed: int = 0) -> EventNetwork:
    """Members, each trained without one of STRETCHES of the past, on which it stops where it is best.

    What of the shift is to be trusted, and how wide the bands must be, say the moves that the members did not see.
    """
    least = max(LEAST_TEXTS, LEAST_SHARE * seen.words.shape[0])
    known = np.flatnonzero(np.asarray((seen.words > 0).sum(0)).ravel() >= least)
    centre, spread = _measure(seen.state)
    state = _standard(seen.state, centre, spread)
    parts = replace(
        seen, words=sp.csr_matrix(seen.words[:, known]), move=np.clip(seen.move, -LARGEST, LARGEST),
        like=np.clip(seen.like, -LARGEST, LARGEST),
    )  # fmt: skip
    stretches = np.array_split(np.arange(len(state)), STRETCHES)[::-1][:MEMBERS]
    members = tuple(_train_one(parts, state, left_out, seed + k) for k, left_out in enumerate(stretches))
    read = [_read_by((net,), parts.words[rows], state[rows]) for net, rows in zip(members, stretches, strict=True)]
    shift, factor = (np.concatenate(x) for x in zip(*read, strict=True))
    trust, widening = _calibrate(shift, factor, parts.move[np.concatenate(stretches)], seen.walk)
    return EventNetwork(members, known, centre, spread, trust, widening, seen.walk)


def _calibrate(shift: Array, factor: Array, move: Array, walk: Array) -> tuple[Array, Array]:
    """Per window how much of the shift to trust, one of TRUST, and the factor of the bands [H], by the lowest CRPS on
    moves [N, H] that were not learned from, beside SURE moves that fit the bands as they are.
    """
    trust, widening = np.ones(len(walk)), np.ones(len(walk))
    for at, quantiles in enumerate(walk):
        known = np.isfinite(move[:, at])
        if not known.any():
            continue
        as_it_is = scaled_losses(quantiles, quantiles[CENTRAL]).mean(1)
        best = np.inf
        for share in TRUST:
            left = (move[known, at] - share * shift[known, at]) / factor[known, at]
            loss = (scaled_losses(quantiles, left) * factor[known, at]).sum(1) + SURE * as_it_is
            if loss.min() < best:
                best, trust[at], widening[at] = loss.min(), share, SCALES[loss.argmin()]
    return trust, widening


def _train_one(seen: Seen, state: Tensor, left_out: NDArray[np.int64], seed: int) -> Net:
    """One member; the generator of random numbers of the process is left as it was."""
    learned = np.setdiff1d(np.arange(len(state)), left_out)
    learn = len(learned)
    rng = np.random.default_rng(seed)
    move, like = (torch.from_numpy(x.astype(np.float32)) for x in (seen.move, seen.like))
    walk = torch.from_numpy(seen.walk[:, CENTRAL].astype(np.float32))
    size = min(BATCH, max(learn // 8, 1))
    epochs = max(EPOCHS, -(-LEAST_STEPS // max(learn // size, 1)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Net(seen.words.shape[1], state.shape[1], len(seen.walk))
        taught = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        steps = epochs * max(learn // size, 1)
        pace = torch.optim.lr_scheduler.OneCycleLR(taught, RATE, total_steps=steps)
        best, kept = _loss_of(net, seen, state, move, walk, left_out), _copy(net)
        for _ in range(epochs):
            order = rng.permutation(learned)
            for batch in np.split(order, range(size, learn - size + 1, size)):
                rows = batch[:size]
                drawn = torch.from_numpy(rng.integers(0, like.shape[2], len(rows)))
                at_like_times = like[rows][torch.arange(len(rows)), :, drawn]
                loss = _loss(net(seen.words[rows], state[rows]), move[rows], walk)
                loss = loss + _loss(net(None, state[rows]), at_like_times, walk)
                taught.zero_grad()
                torch.autograd.backward(loss)
                taught.step()
                if pace.last_epoch < steps - 1:
                    pace.step()
            now = _loss_of(net, seen, state, move, walk, left_out)
            if now < best:
                best, kept = now, _copy(net)
    net.load_state_dict(kept)
    return net.eval()


def _copy(net: Net) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def _loss_of(net: Net, seen: Seen, state: Tensor, move: Tensor, walk: Tensor, rows: NDArray[np.int64]) -> float:
    net.eval()
    with torch.no_grad():
        loss = float(_loss(net(seen.words[rows], state[rows]), move[rows], walk))
    net.train()
    return loss


def _loss(read: tuple[Tensor, Tensor], move: Tensor, walk: Tensor) -> Tensor:
    """Mean pinball loss of shift + factor × walk over the windows that are known."""
    shift, factor = read
    levels = torch.from_numpy(CENTRAL_LEVELS.astype(np.float32))
    error = move[:, :, None] - shift[:, :, None] - factor.exp()[:, :, None] * walk
    known = torch.isfinite(error)
    error = torch.where(known, error, torch.zeros_like(error))
    return torch.maximum(levels * error, (levels - 1) * error).sum() / known.sum().clamp(min=1)


def _measure(state: Array) -> tuple[Array, Array]:
    """Means and standard deviations of what is known of past states, [C] each; 0 and 1 where nothing is."""
    known = np.isfinite(state)
    n = np.maximum(known.sum(0), 1)
    centre = np.where(known, state, 0.0).sum(0) / n
    spread = np.sqrt((np.where(known, state - centre, 0.0) ** 2).sum(0) / n)
    return centre, np.where(spread > 0, spread, 1.0)


def _standard(state: Array, centre: Array, spread: Array) -> Tensor:
    """States in standard deviations; 0 where unknown."""
    return torch.from_numpy(np.clip(np.nan_to_num((state - centre) / spread), -FAR, FAR).astype(np.float32))
