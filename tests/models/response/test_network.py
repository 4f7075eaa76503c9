"""The event network: the walk until it has learned, then words with what they meet, and nothing from nothing."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from models.quantiles.quantiles import MEDIAN
from models.response import network, walk_forward
from models.response.levels import walk_quantiles
from models.response.network import Net, Seen, train_event_network
from models.response.walk_forward import LEVEL_NAMES, expect
from models.response.words import Corpus
from tests.models.response.test_response import _history

pytestmark = pytest.mark.slow  # every test trains
WHAT, WHEN, FILLER = (
    ("gains", "losses"),
    ("now", "tomorrow"),
    ("team", "report", "market", "users", "update", "quarter"),
)
N = 800
KINDS = np.repeat("plain", N)


def _seen(*, effect: float, seed: int = 1) -> tuple[Seen, np.ndarray, np.ndarray]:
    """Releases that move prices by `effect` sigmas in the direction of one word, unless another says tomorrow."""
    rng = np.random.default_rng(seed)
    what, when = rng.integers(0, 2, N), rng.integers(0, 2, N)
    text = tuple(" ".join([WHAT[a], WHEN[b], *rng.choice(FILLER, 6)]) for a, b in zip(what, when, strict=True))
    planted = effect * np.where(when == 0, 1.0 - 2.0 * what, 0.0)
    noise = rng.standard_t(5, (N, 1)) / np.sqrt(5 / 3)
    like = rng.standard_t(5, (N, 1, 30)) / np.sqrt(5 / 3)
    words = Corpus(text, KINDS).vectors(np.arange(N))
    state = rng.standard_normal((N, 3))
    return Seen(words, state, planted[:, None] + noise, like, walk_quantiles(like)[None]), planted, state


@pytest.fixture(scope="module")
def planted():
    seen, effect, state = _seen(effect=2.0)
    return seen, effect, state, train_event_network(seen)


def test_an_untrained_network_expects_the_walk():
    net = Net(10, 3, 2).eval()
    words = sp.csr_matrix(np.random.default_rng(0).random((4, 10)))
    for read in (words, None):
        for part in net(read, torch.randn(4, 3)):
            assert not part.detach().numpy().any()


def test_words_that_mean_something_only_together_are_read(planted):
    seen, effect, state, net = planted
    expected = net.quantiles(seen.words, state)[:, 0, MEDIAN]
    assert np.corrcoef(expected, effect)[0, 1] > 0.9
    assert 0.6 < np.abs(expected[effect != 0]).mean() / np.abs(effect[effect != 0]).mean() < 1.2
    assert np.abs(expected[effect == 0]).mean() < 0.3


def test_without_a_text_a_like_time_is_expected(planted):
    seen, _, state, net = planted
    bands = net.quantiles(None, state)[:, 0]
    assert np.abs(bands[:, MEDIAN]).mean() < 0.15
    assert np.ptp(bands, axis=1).mean() == pytest.approx(np.ptp(seen.walk[0]), rel=0.25)


def test_words_without_a_meaning_change_next_to_nothing():
    seen, _, state = _seen(effect=0.0, seed=3)
    net = train_event_network(seen)
    assert np.abs(net.quantiles(seen.words, state)[:, 0, MEDIAN]).mean() < 0.05


def test_training_twice_gives_the_same_and_leaves_other_random_numbers_alone(planted):
    seen, _, state, net = planted
    torch.manual_seed(5)
    first = torch.rand(1)
    torch.manual_seed(5)
    again = train_event_network(seen)
    assert torch.rand(1) == first
    np.testing.assert_array_equal(again.quantiles(seen.words, state), net.quantiles(seen.words, state))


def test_unknown_states_and_moves_are_met():
    seen, _, state = _seen(effect=2.0)
    state, move = state.copy(), seen.move.copy()
    state[:, 1], state[::3, 2], move[::4] = np.nan, np.nan, np.nan
    net = train_event_network(replace(seen, state=state, move=move))
    assert np.isfinite(net.quantiles(seen.words, state)).all()


def test_with_a_network_too_the_future_changes_nothing_that_was_expected(monkeypatch):
    monkeypatch.setattr(walk_forward, "FEWEST_TO_TRAIN", 60)
    monkeypatch.setattr(network, "LEAST_STEPS", 30)
    history, cut = _history(130, effect=2.0), 110
    whole = expect(history)
    assert not np.array_equal(whole.levels[-1, 0, LEVEL_NAMES.index("network")], whole.levels[-1, 0, -2])
    short = replace(history, **{
        name: getattr(history, name)[:cut] for name in ("known_h", "over_h", "move", "like", "text", "kind", "state")
    })  # fmt: skip
    found = expect(short)
    for name in ("levels", "combined", "weight"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name)[:cut], atol=1e-6, err_msg=name)
