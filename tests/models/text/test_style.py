"""Style is counted as its definitions say, of any text whatsoever."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.detection.style import MAX_CHARACTERS, STYLE, WORDS, style_features


def of(text: str | None) -> dict[str, float]:
    return dict(zip(STYLE, style_features([text])[0].tolist(), strict=True))


def test_marks_words_and_lengths_are_counted_as_defined():
    text = "The token, said Ann, is falling. “It's over”!"
    found = of(text)
    n, words = len(text), ["the", "token", "said", "ann", "is", "falling", "it's", "over"]
    assert found["comma"] == pytest.approx(200 / n)
    assert found["curly_quote"] == pytest.approx(200 / n)
    assert found["apostrophe"] == pytest.approx(100 / n)
    assert found["capitals"] == pytest.approx(300 / n)
    assert found["word_the"] == pytest.approx(np.sqrt(100 / 8))
    assert found["word_said"] == pytest.approx(np.sqrt(100 / 8))
    assert found["word_because"] == 0
    assert found["ends_ing"] == pytest.approx(100 / 8)
    assert found["word_length"] == pytest.approx(np.mean([len(w) for w in words]))
    assert (found["sentence_length"], found["sentence_spread"]) == (4.0, 2.0)
    assert found["distinct"] == 1
    assert found["whole"] == 1
    assert of(text[:-2])["whole"] == 0


def test_topics_and_names_change_nothing_but_lengths_and_capitals():
    a, b = of("Bitcoin rose because of the miners."), of("Florian rose because of the singer.")
    changed = {k for k in STYLE if a[k] != pytest.approx(b[k])}
    assert changed <= {"word_length", "capitals"}


def test_only_the_beginning_of_a_text_is_read():
    long = "It is so. " * 1000
    assert of(long) == of(long[:MAX_CHARACTERS] + "because" * 50)


def test_the_words_are_distinct_and_in_lower_case():
    assert len(set(WORDS)) == len(WORDS) > 100
    assert all(w.islower() for w in WORDS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=400)), max_size=5))
def test_any_texts_give_finite_numbers(texts):
    found = style_features(texts)
    assert found.shape == (len(texts), len(STYLE))
    assert np.isfinite(found).all()
    assert (found >= 0).all()
