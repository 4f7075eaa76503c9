"""Reading with half a language model: states of the library's layers, adapters that are added exactly, and training."""

import json

import numpy as np
import pytest
import torch

pytest.importorskip("transformers", reason="language models need the extra `text`")

from models.text.detection import reader as reading
from models.text.detection.adaptation import pooled, train_adapter
from models.text.detection.detector import DetectorError
from models.text.detection.judging import reader_of, score_texts
from models.text.detection.reader import (
    STRENGTH,
    STRETCH,
    AdapterError,
    add_adapter,
    lower_half,
    make_reader,
    striking_stretches,
)
from tests.kits.detectors import WIDTH, Letters, drawn_detector, tiny_llama

TEXTS = [
    "Bitcoin rose on Monday, and fell again on Tuesday.",
    "a",
    "",
    None,
    "x" * 40,
    "The exchange will list it." * 9,
]


@pytest.fixture(autouse=True)
def full_precision(monkeypatch):
    monkeypatch.setattr(reading, "cpu_has_bf16", lambda: False)


def test_states_are_those_after_half_of_the_layers_whatever_texts_are_read_beside():
    whole = tiny_llama(layers=4).network.get_decoder()
    reader = make_reader(tiny_llama(layers=4), {})
    states = dict(reader.read(reader.token_ids(TEXTS, 256)))
    assert {place: len(s) for place, s in states.items()} == {0: 49, 1: 0, 2: 0, 3: 0, 4: 39, 5: 233}
    for place in (0, 4, 5):
        ids = torch.tensor([list(TEXTS[place].encode())[:256]])
        with torch.no_grad():
            expected = whole.norm(whole(ids, output_hidden_states=True).hidden_states[2])[0, 1:]
        np.testing.assert_allclose(states[place], expected.numpy(), rtol=1e-3, atol=1e-4)


def test_what_follows_a_token_does_not_change_its_state():
    reader = make_reader(tiny_llama(), {})
    (_, short), (_, long) = reader.read([list(b"Bitcoin rose"), list(b"Bitcoin rose and fell, then rose")])
    np.testing.assert_allclose(long[: len(short)], short, rtol=1e-4, atol=1e-5)


def test_a_trained_adapter_added_to_the_weights_gives_the_states_it_was_trained_with():
    torch.manual_seed(0)
    network = lower_half(tiny_llama())
    before = {k: v.clone() for k, v in network.state_dict().items()}
    ids = [list(b"machines write zzzzzzzz and zzzzz"), list(b"people write plain words, in short")] * 40
    y = np.array([True, False] * 40)
    made = train_adapter(network, ids, y, np.ones(80), 16, epochs=80)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert all(a.dtype == np.float16 for a in made.adapter.values())
    reader = make_reader(tiny_llama(), made.adapter)
    score = [float(s.mean(0) @ made.head) + made.intercept for _, s in reader.read(ids[:2])]
    assert score[0] > 1 > -1 > score[1]
    linear = tiny_llama().network.get_decoder().layers[0].mlp.up_proj.weight
    a, b = (made.adapter[f"layers.0.mlp.up_proj.{part}"].astype(np.float32) for part in "ab")
    np.testing.assert_allclose(
        reader.network.layers[0].mlp.up_proj.weight.detach().numpy(),
        linear.detach().numpy() + STRENGTH * b @ a,
        atol=1e-5,
    )


def test_without_a_step_an_adapter_changes_nothing():
    network = lower_half(tiny_llama())
    ids = [list(b"some words of a text, long enough")] * 64
    made = train_adapter(network, ids, np.arange(64) < 32, np.ones(64), 16, epochs=0)
    plain, adapted = make_reader(tiny_llama(), {}), make_reader(tiny_llama(), made.adapter)
    (_, x), (_, y) = next(plain.read(ids[:1])), next(adapted.read(ids[:1]))
    assert np.abs(x - y).max() < 0.2  # one step is always taken, at a tenth of the rate


def test_the_mean_is_taken_over_a_texts_own_tokens_but_the_first():
    states = torch.arange(24.0).reshape(2, 4, 3)
    assert pooled(states, [4, 2]).tolist() == [[6.0, 7.0, 8.0], [15.0, 16.0, 17.0]]


def test_an_adapter_of_another_model_is_refused():
    with pytest.raises(AdapterError, match="another language model"):
        add_adapter(lower_half(tiny_llama()), {"layers.0.mlp.up_proj.a": np.ones((2, WIDTH), dtype=np.float16)})
    made = train_adapter(lower_half(tiny_llama()), [[1, 2, 3]] * 4, np.arange(4) < 2, np.ones(4), 8, epochs=0)
    wrong = made.adapter | {"layers.0.mlp.up_proj.a": np.ones((8, 7), dtype=np.float16)}
    with pytest.raises(AdapterError, match="has shapes"):
        add_adapter(lower_half(tiny_llama()), wrong)
    with pytest.raises(DetectorError, match=f"states of {WIDTH} numbers, the detector reads 5"):
        reader_of(drawn_detector(width=5), tiny_llama())


def test_scores_are_the_mean_of_what_each_token_says_and_texts_that_words_settle_are_not_read():
    detector = drawn_detector()
    reader = reader_of(detector, tiny_llama())
    scores = score_texts(TEXTS, detector, reader, explained=True)
    assert scores["n_tokens"].to_list() == [50, 1, 0, 0, 40, 234]
    ids = reader.token_ids(TEXTS, 256)
    states = dict(reader.read(ids))
    for place in (0, 4, 5):
        assert scores["reading_score"][place] == pytest.approx(states[place].mean(0) @ detector.head + 0.1, rel=1e-4)
    assert scores["reading_score"].is_null().to_list() == [False, True, True, True, False, False]
    assert scores["striking"].is_null().to_list() == [False, True, True, True, False, False]
    assert all(isinstance(json.loads(told), list) for told in scores["striking"].drop_nulls())
    gate = float(np.sort(scores["words_score"].to_numpy()[[0, 4, 5]])[1])
    part = score_texts(TEXTS, detector, reader, gate=gate)
    read = part["reading_score"].is_not_null().to_numpy()
    assert read.tolist() == [bool(n >= 30 and w >= gate) for n, w in part.select("n_tokens", "words_score").rows()]
    assert part.columns == ["n_tokens", "words_score", "reading_score"]


def test_what_speaks_for_a_machine_is_told_in_the_texts_own_words_the_loudest_first():
    text = "abcdefghijklmnopqrstuvwxyz" * 3
    values = np.full(len(text) - 1, -0.5)
    values[10:18], values[40:48], values[44] = 1.0, 2.0, 3.0
    found = json.loads(striking_stretches(list(text.encode()), values, Letters()))
    assert found == [[text[41 : 41 + STRETCH], 2.12], [text[11 : 11 + STRETCH], 1.0]]
    assert json.loads(striking_stretches(list(text.encode()), values, Letters(), n=1)) == found[:1]
    assert striking_stretches(list(b"short"), np.ones(4), Letters()) == "[]"


def test_progress_is_told_how_many_texts_are_read():
    detector, seen = drawn_detector(), []
    score_texts(TEXTS, detector, reader_of(detector, tiny_llama()), lambda items, n: seen.append(n) or items)
    assert seen == [3]


@pytest.mark.parametrize(
    "text", ["🚀🚀🚀" * 9, "\x00\x07\x1b[31mred\x1b[0m" * 9, "价格上涨了百分之十" * 9, "\ud800", "w " * 250_000]
)
def test_no_text_breaks_the_scores_or_changes_those_of_another(text):
    detector = drawn_detector()
    reader = reader_of(detector, tiny_llama())
    alone, both = score_texts(TEXTS[:1], detector, reader), score_texts([text, *TEXTS[:1]], detector, reader)
    np.testing.assert_allclose(both.tail(1).to_numpy().astype(float), alone.to_numpy().astype(float), rtol=1e-4)
    assert both["n_tokens"][0] <= 256
