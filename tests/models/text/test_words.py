"""Hashed words: the library's TF-IDF where no two words share a hash, and nothing of a text beyond its start."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.text.detection.words import HASHES, MAX_CHARACTERS, STRENGTH, fit_words, word_counts
from tests.kits.detectors import drawn_words

TEXTS = [
    "Bitcoin rose, and rose again, on Monday.", "The exchange lists a token.", "A token; the exchange said: no!",
    "Moreover, it is important to note that prices fell.", "It's the 3rd time this week (so far).",
    "prices of coins fell",
]  # fmt: skip


def test_scores_are_those_of_the_librarys_tfidf_with_a_ridge_logistic_regression():
    y = np.array([True, False] * 3)
    weight = np.array([1.0, 2.0, 1.0, 1.0, 3.0, 1.0])
    made = fit_words(TEXTS, y, weight)
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[^\W\d_]+|[^\w\s]", sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char", ngram_range=(3, 5), lowercase=False, sublinear_tf=True)
    x = np.hstack([words.fit_transform(TEXTS).toarray(), letters.fit_transform(TEXTS).toarray()])
    plain = LogisticRegression(C=STRENGTH, solver="liblinear").fit(x, y, sample_weight=weight * 6 / weight.sum())
    assert made.scores(TEXTS) == pytest.approx(plain.decision_function(x), abs=0.02)  # few hashes are shared


def test_a_texts_layout_says_nothing_and_what_follows_its_start_is_not_read():
    made = drawn_words()
    laid_out, plain = made.scores(["Bitcoin\n\n rose\ton  Monday.", "Bitcoin rose on Monday."])
    assert laid_out == plain
    start = "x" * MAX_CHARACTERS
    assert made.scores([start])[0] == made.scores([start + " and more of it"])[0]


def test_empty_texts_have_the_score_of_no_words():
    made = drawn_words()
    assert made.scores(["", None, "   "]) == pytest.approx([made.intercept] * 3)
    assert made.scores([]).shape == (0,)
    assert word_counts([])[0].shape == (0, HASHES)


@pytest.mark.parametrize(
    "text", ["🚀🚀🚀", "\x00\x07\x1b[31mred", "价格上涨了百分之十", "\ud800", "a\u0301" * 500, "word " * 250_000]
)
def test_no_text_breaks_the_counting_or_changes_what_is_made_of_another(text):
    made = drawn_words()
    alone, both = made.scores([TEXTS[0]]), made.scores([text, TEXTS[0]])
    assert np.isfinite(both).all()
    assert both[1] == alone[0]
