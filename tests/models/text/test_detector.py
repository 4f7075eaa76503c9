"""The detector: probabilities that hold, a threshold that keeps its promise, and files that are none refused."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.text.detection.detector import (
    FALSE_POSITIVES,
    INPUTS,
    MIN_TOKENS,
    Detector,
    DetectorError,
    detector_inputs,
    fit_detector,
    load_detector,
    out_of_fold,
)
from models.text.language.tokens import TOKEN_SCORES

PLAIN = "The token rose on Monday."


def drawn(n: int, effect: float, seed: int = 1, per_group: int = 2) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Scores of n texts, half machine-written with scores `effect` deviations higher; texts in groups."""
    rng = np.random.default_rng(seed)
    machine = rng.random(n) < 0.5
    values = rng.standard_normal((n, len(TOKEN_SCORES))) + effect * machine[:, None]
    frame = pl.DataFrame(values, schema=list(TOKEN_SCORES)).with_columns(n_tokens=pl.Series(rng.integers(60, 257, n)))
    return frame, machine, (np.arange(n) // per_group).astype(str)


@pytest.mark.slow
def test_a_planted_difference_is_found_and_the_probabilities_hold():
    scores, machine, groups = drawn(6000, 0.5)
    p = out_of_fold(detector_inputs(scores, [PLAIN] * len(scores)), machine, groups)
    for low in np.arange(0.1, 0.9, 0.2):
        rows = (p >= low) & (p < low + 0.2)
        error = 4 * np.sqrt(0.25 / rows.sum())
        assert abs(machine[rows].mean() - p[rows].mean()) < error
    assert p[machine].mean() > p[~machine].mean() + 0.3


@pytest.mark.slow
def test_without_a_difference_nothing_is_flagged_beyond_the_false_positives():
    scores, machine, groups = drawn(4000, 0.0)
    detector = fitted(scores, machine, groups)
    fresh, _, _ = drawn(20_000, 0.0, seed=2)
    flagged = (judged(detector, fresh)["verdict"] == "flagged").mean()
    assert flagged < 3 * FALSE_POSITIVES


@pytest.mark.slow
def test_the_threshold_flags_one_human_text_in_a_hundred_and_many_machine_written_ones():
    scores, machine, groups = drawn(6000, 0.6)
    detector = fitted(scores, machine, groups)
    fresh, truth, _ = drawn(20_000, 0.6, seed=2)
    flagged = (judged(detector, fresh)["verdict"] == "flagged").to_numpy()
    assert 0.003 < flagged[~truth].mean() < 0.02
    assert flagged[truth].mean() > 0.2


@pytest.mark.slow
def test_short_texts_get_no_probability_and_are_not_learned_from():
    scores, machine, groups = drawn(2000, 0.5)
    short = scores.with_columns(n_tokens=pl.lit(MIN_TOKENS - 1))
    detector = fitted(scores, machine, groups)
    told = judged(detector, short)
    assert told["probability"].null_count() == len(told)
    assert set(told["verdict"]) == {"too short"}
    both = pl.concat([scores, short.select(scores.columns).cast(dict(scores.schema))])
    assert fitted(both, np.r_[machine, ~machine], np.r_[groups, groups]) == detector


def test_scores_that_are_not_known_are_read_as_nothing():
    row = {"n_tokens": [1], **{name: [None] for name in TOKEN_SCORES}}
    assert (detector_inputs(pl.DataFrame(row), [""]) == 0).all()


def test_texts_of_one_group_never_help_to_judge_each_other():
    rng = np.random.default_rng(5)
    groups = np.repeat([f"g{i}" for i in range(200)], 5)
    x = np.repeat(rng.standard_normal((200, 40)), 5, axis=0)  # what tells the groups apart says nothing else
    y = np.repeat(rng.random(200) < 0.5, 5)
    p = out_of_fold(x, y, groups)
    assert abs(((p > 0.5) == y).mean() - 0.5) < 0.12


def test_too_few_texts_are_refused_with_their_number():
    scores, machine, groups = drawn(80, 1.0)
    with pytest.raises(DetectorError, match="human texts of 30 tokens and more are too few"):
        fitted(scores, machine, groups)


def fitted(scores: pl.DataFrame, machine: np.ndarray, groups: np.ndarray) -> Detector:
    """A detector fitted on drawn scores of texts that are all written alike."""
    x = detector_inputs(scores, [PLAIN] * len(scores))
    return fit_detector(x, scores["n_tokens"].to_numpy(), machine, groups, fitted_on="drawn")


def judged(detector: Detector, scores: pl.DataFrame) -> pl.DataFrame:
    return detector.judge(scores, [PLAIN] * len(scores))


class TestFiles:
    """Detectors on disk."""

    @pytest.fixture(scope="class")
    def detector(self):
        return fitted(*drawn(1000, 0.5))

    def test_a_saved_detector_is_the_one_that_is_loaded(self, detector, tmp_path):
        detector.save(tmp_path / "d.json")
        assert load_detector(tmp_path / "d.json") == detector
        assert list(tmp_path.iterdir()) == [tmp_path / "d.json"]

    @pytest.mark.parametrize("content", ["", "{}", "[]", "null", "not json", '{"format": 1}', '{"format": 9}', "\x00"])
    def test_what_is_no_detector_is_refused(self, content, tmp_path):
        (tmp_path / "d.json").write_text(content)
        with pytest.raises(DetectorError):
            load_detector(tmp_path / "d.json")

    def test_a_missing_file_is_refused_by_its_name(self, tmp_path):
        with pytest.raises(DetectorError, match=r"none\.json is not a detector"):
            load_detector(tmp_path / "none.json")

    @pytest.mark.parametrize(
        "change", [{"weights": (1.0, 2.0)}, {"threshold": float("nan")}, {"scale": (float("inf"),) * len(INPUTS)}]
    )
    def test_numbers_that_do_not_fit_are_refused(self, change, detector, tmp_path):
        replace(detector, **change).save(tmp_path / "d.json")
        with pytest.raises(DetectorError, match="finite numbers"):
            load_detector(tmp_path / "d.json")

    def test_unknown_keys_are_refused(self, detector, tmp_path):
        detector.save(tmp_path / "d.json")
        content = json.loads((tmp_path / "d.json").read_text()) | {"code": "import os"}
        (tmp_path / "d.json").write_text(json.dumps(content))
        with pytest.raises(DetectorError, match="is not a detector"):
            load_detector(tmp_path / "d.json")

    def test_the_shipped_detector_reads_and_flags_rarely_below_its_threshold(self):
        shipped = load_detector()
        assert shipped.causal == "smollm2-135m"
        assert 0.5 < shipped.threshold < 1
        assert shipped.min_tokens == MIN_TOKENS
