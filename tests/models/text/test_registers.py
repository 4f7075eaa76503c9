"""Thresholds by kind of text: one in a hundred of people's texts at most, none promised where none can be."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.text.detection.detector import NOT_CALIBRATED
from models.text.detection.registers import conformal_threshold, threshold_for, thresholds_of
from tests.kits.detectors import drawn_detector


@pytest.mark.parametrize("n", [99, 150, 199, 450])
def test_one_new_text_in_a_hundred_lies_above_the_threshold_at_most(n):
    rng = np.random.default_rng(n)
    beyond = [float((rng.random(200) ** 2 > conformal_threshold(rng.random(n) ** 2)).mean()) for _ in range(3000)]
    exact = np.floor(0.01 * (n + 1)) / (n + 1)
    assert np.mean(beyond) == pytest.approx(exact, abs=3 * np.std(beyond) / np.sqrt(3000))
    assert exact <= 0.01


def test_the_threshold_is_the_score_that_as_many_texts_reach_as_may():
    scores = np.arange(1.0, 400.0)
    assert conformal_threshold(scores) == 396.0  # of 399 texts the fourth largest: 4 / 400
    assert conformal_threshold(scores[:98]) is None
    assert conformal_threshold(scores[:99]) == 99.0
    assert conformal_threshold(np.append(scores[:98], np.nan)) is None
    assert conformal_threshold(scores, 0.05) == 380.0


def test_kinds_with_too_few_texts_have_no_threshold():
    kind = np.array(["news"] * 120 + ["wire"] * 20)
    assert set(thresholds_of(np.linspace(0, 1, 140), kind)) == {"news"}


def test_a_text_of_no_stated_kind_must_pass_every_threshold_and_an_unknown_kind_is_not_judged():
    kinds = {"news": 0.9, "press_release": 0.99}
    assert threshold_for("news", kinds, 0.95) == 0.95
    assert threshold_for("press_release", kinds, 0.95) == 0.99
    assert threshold_for("", kinds, 0.95) == 0.99
    assert threshold_for("", kinds, 0.995) == 0.995
    assert threshold_for("event", kinds, 0.95) is None
    assert threshold_for("event", {}, 0.95) == 0.95


def test_texts_are_judged_by_the_threshold_of_their_kind():
    detector = replace(drawn_detector(), joined=(3.0, 0.0, 0.0), threshold=0.9)  # .953 whatever the text
    scores = pl.DataFrame({"n_tokens": [50, 50, 50, 50, 10], "words_score": [0.0] * 5, "reading_score": [0.0] * 5})
    sharp = replace(detector, kinds={"news": 0.9, "press_release": 0.99})
    kinds = ["news", "press_release", "event", "", "news"]
    judged = sharp.judge(scores, kinds)
    assert judged["verdict"].to_list() == ["flagged", "not flagged", NOT_CALIBRATED, "not flagged", "too short"]
    assert judged["threshold"].to_list() == [0.9, 0.99, None, 0.99, 0.9]
    assert set(detector.judge(scores[:4])["verdict"]) == {"flagged"}
    assert sharp.fingerprint() != detector.fingerprint()
