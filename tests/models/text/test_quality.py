"""Measures of generated text against values counted by hand; rubbish has a value or none, and no crash."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.generation.quality import (
    bits_per_character,
    copied,
    distinct,
    form_parts,
    lower_case_words,
    repeated,
    text_quality,
)

RELEASE = (
    "Norvane Labs Announces a Wallet",
    'ZURICH, March 4, 2024 -- Norvane Labs today announced a wallet.\n\n"We are very pleased to say so," said Jo, '
    "founder.\n\nAbout Norvane Labs\nNorvane Labs is a company.\n",
)


@pytest.mark.parametrize(
    ("title", "body", "has"),
    [
        (*RELEASE, {"has_headline", "has_dateline", "has_quote", "has_boilerplate"}),
        ("Beijing", "Beijing, July  01, 2022  (GLOBE NEWSWIRE) -- Moxian held a meeting.", {"has_dateline"}),
        ("A and B join", "4 July 2022 | SAINT HELIER, Jersey | A is pleased.\n\nMedia Contact:\nJo", {
            "has_headline", "has_dateline", "has_boilerplate"}),
        ("He said it is fine.", "The price rose 4 July or so. He was about to leave. “Hm” he said.", set()),
        ("", "", set()),
    ],
)  # fmt: skip
def test_the_parts_of_a_press_release_are_found_where_they_are(title, body, has):
    assert {name for name, there in form_parts((title, body)).items() if there} == has


def test_repetition_counts_runs_of_four_words_that_stood_there_before():
    assert repeated(["a", "b", "c", "d", "a", "b", "c", "d"]) == pytest.approx(1 - 4 / 5)
    assert repeated(["a", "b", "c", "d", "e", "f"]) == 0
    assert repeated(["a", "b", "c"]) is None


def test_distinct_n_looks_at_as_many_words_of_each_set():
    texts = [["a", "b", "a", "b"], ["a", "b", "c"]]
    assert distinct(texts, 1, 7) == pytest.approx(3 / 7)
    assert distinct(texts, 2, 7) == pytest.approx(3 / 5)
    assert distinct(texts, 1, 4) == pytest.approx(2 / 4)
    assert distinct([], 1, 10) is None


def test_what_is_copied_word_by_word_is_found_and_what_is_said_otherwise_is_not():
    source = "the exchange said on monday that it would list the token after a review"
    text = f"Yesterday {source} of custody"
    found = text_quality([("", text)], [("", source.upper())], 100)
    assert found["copied_8grams"] == pytest.approx(7 / 10)
    assert found["longest_copy_words"] == 14
    assert (
        text_quality([("", "one two three four five six seven eight nine")], [("", source)], 100)["copied_8grams"] == 0
    )
    assert copied(lower_case_words(source), set()) == [False] * 7


def test_a_text_of_the_sources_themselves_is_held_against_the_others_only():
    alone = [
        ("", "the exchange said on monday that it would list the token"),
        ("", "quite another text of more words " * 2),
    ]
    assert text_quality(alone, alone, 100, own=True)["copied_8grams"] == 0
    twice = [alone[0], alone[0]]
    assert text_quality(twice, twice, 100, own=True)["copied_8grams"] == 1


def test_without_sources_nothing_is_said_of_copies():
    found = text_quality([RELEASE], [], 100)
    assert found["copied_8grams"] is None
    assert found["longest_copy_words"] is None


def test_bits_per_character_are_those_of_the_judges_own_probabilities(tmp_path):
    pytest.importorskip("transformers", reason="language models need the extra `text`")
    import torch

    from models.text.language.causal import load_causal_model
    from models.text.language.tokens import clean_text
    from tests.kits.languages import tiny_checkpoint

    judge = load_causal_model(str(tiny_checkpoint(tmp_path, instructed=False)))
    texts = [("Litecoin rose", "It rose a lot."), ("The token", "fell")]
    by_hand = []
    for title, body in texts:
        ids = torch.tensor([judge.tokenizer(clean_text(f"{title}\n{body}"), add_special_tokens=False)["input_ids"]])
        with torch.no_grad():
            log_q = judge.network(ids).logits[0, :-1].double().log_softmax(-1)
        bits = -log_q.gather(1, ids[0, 1:, None]).sum().item() / np.log(2)
        by_hand.append(bits / len(judge.tokenizer.decode(ids[0, 1:])))
    assert bits_per_character(texts, judge) == pytest.approx(np.mean(by_hand), rel=0.02)
    assert bits_per_character([("", "")], judge) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=300)), min_size=1, max_size=4))
def test_any_text_has_measures_within_their_bounds(texts):
    found = text_quality(texts, texts, 100)
    for name, value in found.items():
        if value is not None and name not in ("words", "longest_copy_words"):
            assert 0 <= value <= 1, name


def test_a_long_text_is_measured_in_no_time():
    long = [("word " * 20, "word “said " * 60_000 + "\n" * 5_000)]
    assert text_quality(long, long, 1000)["words"] > 50_000
