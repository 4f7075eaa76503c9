"""Probability of machine authorship: a text's words first, and a language model only where they leave it open.

The words (`words`) put aside texts that speak plainly for a person: below `gate` nothing more is read. The others are
read by the lower half of a language model (`reader`), and both scores are joined. A text is flagged beyond the
threshold of its kind (`registers`), which texts that people wrote of this kind set. Machine-written is not false, and
not flagged is not human: the probability holds for texts like those it was fitted on, both classes weighing the same.
Texts with less than `min_tokens` tokens are too short to judge and get none.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.files import appears_whole
from models.text.detection.reader import Adapter
from models.text.detection.registers import ANY, threshold_for
from models.text.detection.words import HASHES, Words

SHIPPED = Path(__file__).with_name("detector.safetensors")
FORMAT = 3
LARGEST_FILE_MB = 256
NOT_CALIBRATED = "not calibrated"
MIN_TOKENS = 30
Vector = NDArray[np.float64]
_NUMBERS = ("reading_intercept", "gate", "threshold", "joined", "words_alone")


class DetectorError(ValueError):
    """A file is not a detector of this version, or there are too few texts to fit one."""


@dataclass(frozen=True, eq=False)
class Detector:
    """A fitted detector: plain numbers.

    `head` [W] and `reading_intercept` read log odds from the states of the reader with this `adapter`. Log odds of the
    probability: intercept, and weights of both scores (`joined`); of an unread text, `words_alone`. `kinds`: thresholds
    by kind of text, above which one in a hundred of people's texts of this kind lies at most.
    """

    causal: str
    max_tokens: int
    min_tokens: int
    words: Words
    adapter: Adapter
    head: NDArray[np.float32]
    reading_intercept: float
    joined: tuple[float, ...]
    words_alone: tuple[float, ...]
    gate: float
    threshold: float
    fitted_on: str
    kinds: dict[str, float] = field(default_factory=dict)

    def probability(self, scores: pl.DataFrame) -> Vector:
        """Probability of machine authorship of rows of `judging.score_texts`, [N]; NaN where too short."""
        known = scores["n_tokens"].to_numpy() >= self.min_tokens
        words, reading = (
            scores[c].cast(pl.Float64).fill_null(np.nan).to_numpy() for c in ("words_score", "reading_score")
        )
        p = probabilities(words, reading, self.joined, self.words_alone)
        return np.where(known, p, np.nan)

    def judge(self, scores: pl.DataFrame, kinds: list[str] | None = None) -> pl.DataFrame:
        """`scores` with `probability`, `threshold` and `verdict`: flagged, not flagged, too short, or not calibrated.

        `kinds` [N]: the kind of each text; '' or None: not said. A kind of which no texts by people are known is not
        judged, and has no threshold.
        """
        p = pl.Series("probability", self.probability(scores)).fill_nan(None)
        asked = {k: threshold_for(k, self.kinds, self.threshold) for k in set(kinds or [ANY])}
        threshold = pl.Series("threshold", [asked[k] for k in kinds or [ANY] * len(scores)], dtype=pl.Float64)
        verdict = (
            pl.when(pl.col("probability").is_null())
            .then(pl.lit("too short"))
            .when(pl.col("threshold").is_null())
            .then(pl.lit(NOT_CALIBRATED))
            .when(pl.col("probability") > pl.col("threshold"))
            .then(pl.lit("flagged"))
            .otherwise(pl.lit("not flagged"))
        )
        return scores.with_columns(p, threshold).with_columns(verdict=verdict)

    def fingerprint(self) -> str:
        """A hash of its numbers, which identifies the detector of a verdict."""
        return hashlib.sha256(_content(self)).hexdigest()[:8]

    def save(self, path: Path) -> None:
        """Write it as safetensors; it appears whole or not at all."""
        with appears_whole(path) as partial:
            partial.write_bytes(_content(self))


def probabilities(words: Vector, reading: Vector, joined: tuple[float, ...], words_alone: tuple[float, ...]) -> Vector:
    """Probability of both scores [N]; of words alone where `reading` is NaN."""
    both = joined[0] + joined[1] * words + joined[2] * reading
    return 1 / (1 + np.exp(-np.where(np.isnan(reading), words_alone[0] + words_alone[1] * words, both)))


def _content(d: Detector) -> bytes:
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {
        "words.rarity": d.words.rarity.astype(np.float16), "words.weights": d.words.weights.astype(np.float16),
        "head": d.head.astype(np.float32), **{f"adapter.{name}": part for name, part in d.adapter.items()},
    }  # fmt: skip
    told = {name: getattr(d, name) for name in (*_NUMBERS, "causal", "max_tokens", "min_tokens", "fitted_on", "kinds")}
    told |= {"format": FORMAT, "words_intercept": d.words.intercept}
    ordered = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    return save(ordered, metadata={"detector": json.dumps(told, sort_keys=True)})


def load_detector(path: Path = SHIPPED) -> Detector:
    """A saved detector. DetectorError where the file is not one."""
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > LARGEST_FILE_MB * 1e6:
            raise DetectorError(
                f"{path} has {path.stat().st_size / 1e6:.0f} MB: a detector has {LARGEST_FILE_MB} at most"
            )
        with safe_open(path, framework="np") as file:
            told: dict[str, Any] = json.loads((file.metadata() or {})["detector"])
            if told["format"] != FORMAT:
                raise DetectorError(f"{path} has format {told['format']}, this version reads {FORMAT}; fit it again")
            found = _made(told, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except DetectorError:
        raise
    except (OSError, KeyError, TypeError, ValueError, AttributeError, SafetensorError) as error:
        raise DetectorError(
            f"{path} is not a detector ({type(error).__name__}: {error}); fit one with --fit"
        ) from error
    problem = _problem(found)
    if problem:
        raise DetectorError(f"{path} {problem}; fit it again")
    return found


def _made(told: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Detector:
    words = Words(
        arrays["words.rarity"].astype(np.float32), arrays["words.weights"].astype(np.float32),
        float(told["words_intercept"]),
    )  # fmt: skip
    adapter = {n.removeprefix("adapter."): a for n, a in arrays.items() if n.startswith("adapter.")}
    return Detector(
        str(told["causal"]), int(told["max_tokens"]), int(told["min_tokens"]), words, adapter,
        arrays["head"].astype(np.float32), float(told["reading_intercept"]), _floats(told["joined"], 3),
        _floats(told["words_alone"], 2), float(told["gate"]), float(told["threshold"]), str(told["fitted_on"]),
        {str(k): float(v) for k, v in told["kinds"].items()},
    )  # fmt: skip


def _floats(values: Iterable[Any], n: int) -> Any:
    made = tuple(float(v) for v in values)
    if len(made) != n:
        raise ValueError(f"{len(made)} numbers where {n} are expected")
    return made


def _problem(d: Detector) -> str:
    """What is wrong with its numbers; empty where nothing is."""
    if d.words.rarity.shape != (2 * HASHES,) or d.words.weights.shape != (2 * HASHES,):
        return f"holds words of {d.words.rarity.shape} and {d.words.weights.shape} numbers, expected {2 * HASHES}"
    if d.head.ndim != 1:
        return f"holds a head of shape {d.head.shape}, expected one number a state"
    numbers = (
        d.reading_intercept,
        d.gate,
        d.threshold,
        d.words.intercept,
        *d.joined,
        *d.words_alone,
        *d.kinds.values(),
    )
    parts = (np.array(numbers), d.words.rarity, d.words.weights, d.head, *d.adapter.values())
    return "" if all(np.isfinite(part).all() for part in parts) else "holds numbers that are not finite"
