"""The detector: probabilities that hold, a threshold that keeps its promise, and files that are none refused."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("transformers", reason="language models need the extra `text`")

from safetensors.numpy import load, save

from models.text.detection.detector import MIN_TOKENS, Detector, DetectorError, load_detector, probabilities
from models.text.detection.fitting import (
    FALSE_POSITIVES,
    OPEN,
    Labelled,
    Reading,
    balanced,
    fit_detector,
    words_out_of_fold,
)
from models.text.detection.words import HASHES
from tests.kits.detectors import WIDTH, drawn_detector

HOUSE = ("of the market as whole traders said", "moreover it is important to note that in conclusion")


def prose(n: int, effect: float, seed: int = 1) -> tuple[list[str | None], np.ndarray]:
    """n texts of 40 drawn words, half by a machine, which uses one of HOUSE's phrases more often by `effect`."""
    rng = np.random.default_rng(seed)
    words = [f"w{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyz'[i // 100]}" for i in range(600)]
    machine = rng.random(n) < 0.5
    made = []
    for y in machine:
        text = list(rng.choice(words, 40))
        for place in range(0, 40, 10):
            text[place] = HOUSE[int(rng.random() < 0.5 + (effect if y else -effect))].split()[int(rng.integers(0, 7))]
        made.append(" ".join(text))
    return made, machine


def fitted(n: int, effect: float, seed: int = 1) -> tuple[Detector, Labelled, Reading]:
    """A detector of drawn prose, whose reading tells machines by `effect` too."""
    texts, machine = prose(n, effect, seed)
    reading = np.random.default_rng(seed).standard_normal(n) + 2 * effect * machine
    labelled = Labelled(texts, machine, np.array([f"g{i // 2}" for i in range(n)]), balanced(machine))
    made = Reading(reading, {}, np.zeros(WIDTH, dtype=np.float32), 0.0)
    return fit_detector(labelled, made, fitted_on="drawn"), labelled, made


def scored(detector: Detector, n: int, effect: float, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows as of `score_texts`, of new drawn prose."""
    texts, machine = prose(n, effect, seed)
    words = detector.words.scores(texts)
    reading = np.random.default_rng(seed).standard_normal(n) + 2 * effect * machine
    known = np.where(words >= detector.gate, reading, np.nan)
    return pl.DataFrame({
        "n_tokens": [60] * n, "words_score": words, "reading_score": pl.Series(known).fill_nan(None)
    }), machine  # fmt: skip


@pytest.mark.slow
def test_a_planted_difference_is_found_and_the_probabilities_hold():
    detector, _, _ = fitted(1500, 0.35)
    fresh, machine = scored(detector, 6000, 0.35, seed=2)
    p = detector.probability(fresh)
    for low in np.arange(0.1, 0.9, 0.2):
        rows = (p >= low) & (p < low + 0.2)
        error = 4 * np.sqrt(0.25 / rows.sum())
        assert abs(machine[rows].mean() - p[rows].mean()) < error + 0.06
    flagged = (detector.judge(fresh)["verdict"] == "flagged").to_numpy()
    assert 0.001 < flagged[~machine].mean() < 0.03
    assert flagged[machine].mean() > 0.2
    assert abs(fresh["reading_score"].is_null().to_numpy()[~machine].mean() - (1 - OPEN)) < 0.08


@pytest.mark.slow
def test_without_a_difference_nothing_is_flagged_beyond_the_false_positives():
    detector, _, _ = fitted(1000, 0.0)
    fresh, _ = scored(detector, 6000, 0.0, seed=2)
    assert (detector.judge(fresh)["verdict"] == "flagged").mean() < 3 * FALSE_POSITIVES


def test_texts_of_one_group_never_help_to_judge_each_other():
    rng = np.random.default_rng(5)
    texts = [f"topic{'abcdefghij'[g % 10]}{'abcdefghij'[g // 10]} " * 20 for g in range(60) for _ in range(3)]
    y = np.repeat(rng.random(60) < 0.5, 3)  # what tells the groups apart says nothing else
    labelled = Labelled(texts, y, np.repeat([f"g{i}" for i in range(60)], 3), balanced(y))
    p = words_out_of_fold(labelled)
    assert ((p > 0) == y).mean() < 0.65  # 1 where a group's other texts are learned from


def test_too_few_texts_are_refused_with_their_number():
    with pytest.raises(DetectorError, match="human texts of 30 tokens and more are too few"):
        fitted(80, 0.3)


def test_short_texts_get_no_probability_and_unread_ones_that_of_their_words():
    detector = drawn_detector()
    rows = pl.DataFrame({
        "n_tokens": [MIN_TOKENS - 1, MIN_TOKENS, MIN_TOKENS], "words_score": [1.0, 1.0, 1.0],
        "reading_score": [None, None, 2.0],
    })  # fmt: skip
    judged = detector.judge(rows)
    assert judged["verdict"].to_list() == ["too short", "not flagged", "flagged"]
    assert judged["probability"].to_list()[1:] == pytest.approx([0.5, 1 / (1 + np.exp(-(-0.2 + 0.5 + 1.6)))])
    assert judged["probability"][0] is None


def test_probabilities_are_logistic_in_both_scores():
    p = probabilities(np.array([1.0, 1.0]), np.array([3.0, np.nan]), (0.5, 0.25, -1.0), (0.0, 2.0))
    assert np.log(p / (1 - p)) == pytest.approx([0.5 + 0.25 - 3.0, 2.0])


class TestFiles:
    """Detectors on disk."""

    @pytest.fixture
    def file(self, tmp_path):
        made = drawn_detector()
        adapter = {"layers.0.up.a": np.ones((2, 4), dtype=np.float16)}
        replace(made, adapter=adapter, kinds={"news": 0.75}).save(tmp_path / "d.safetensors")
        return tmp_path / "d.safetensors"

    def test_a_saved_detector_is_the_one_that_is_loaded(self, file, tmp_path):
        found = load_detector(file)
        found.save(tmp_path / "again.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()
        assert found.fingerprint() == load_detector(tmp_path / "again.safetensors").fingerprint()
        assert found.kinds == {"news": 0.75}
        assert (found.adapter["layers.0.up.a"] == 1).all()
        assert (found.words.weights == drawn_detector().words.weights).all()
        assert len(list(tmp_path.iterdir())) == 2

    def test_another_number_is_another_detector(self):
        made = drawn_detector()
        assert replace(made, threshold=0.51).fingerprint() != made.fingerprint()
        assert replace(made, head=made.head + 1).fingerprint() != made.fingerprint()

    @pytest.mark.parametrize("content", [b"", b"{}", b"not one", b"\x00" * 9, b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"])
    def test_what_is_no_detector_is_refused(self, content, tmp_path):
        (tmp_path / "d.safetensors").write_bytes(content)
        with pytest.raises(DetectorError):
            load_detector(tmp_path / "d.safetensors")

    def test_a_missing_file_is_refused_by_its_name(self, tmp_path):
        with pytest.raises(DetectorError, match=r"none\.safetensors is not a detector"):
            load_detector(tmp_path / "none.safetensors")

    @pytest.mark.parametrize(
        ("part", "value", "message"),
        [
            ("words.weights", np.ones(7, dtype=np.float16), "words of"),
            ("words.rarity", np.full(2 * HASHES, np.nan, dtype=np.float16), "not finite"),
            ("head", np.full(WIDTH, np.inf, dtype=np.float32), "not finite"),
            ("head", np.ones((WIDTH, 2), dtype=np.float32), "head of shape"),
        ],
        ids=["width", "nan", "infinite", "shape"],
    )
    def test_numbers_that_do_not_fit_are_refused(self, part, value, message, file):
        told = metadata(file)
        file.write_bytes(save(load(file.read_bytes()) | {part: value}, metadata=told))
        with pytest.raises(DetectorError, match=message):
            load_detector(file)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"format": 2}, "has format 2, this version reads 3; fit it again"),
            ({"joined": [1.0]}, "1 numbers where 3 are expected"),
            ({"threshold": "high"}, "is not a detector"),
            ({"gate": float("nan")}, "not finite"),
            ({"kinds": {"news": float("inf")}}, "not finite"),
        ],
        ids=["format", "few", "text", "nan", "kind"],
    )
    def test_what_it_says_of_itself_must_hold(self, change, message, file):
        told = {"detector": json.dumps(json.loads(metadata(file)["detector"]) | change)}
        file.write_bytes(save(load(file.read_bytes()), metadata=told))
        with pytest.raises(DetectorError, match=message):
            load_detector(file)

    def test_the_shipped_detector_has_thresholds_for_the_kinds_of_a_warehouse(self):
        shipped = load_detector()
        assert shipped.causal == "smollm2-135m"
        assert 0.5 < shipped.threshold < 1
        assert shipped.min_tokens == MIN_TOKENS
        assert {"press_release", "news", "exchange_announcement"} <= set(shipped.kinds)
        at_gate = probabilities(np.array([shipped.gate]), np.array([np.nan]), shipped.joined, shipped.words_alone)
        assert at_gate[0] < shipped.threshold


def metadata(file) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(file, framework="np") as content:
        return content.metadata()
