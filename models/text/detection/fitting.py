"""Fit a detector on labelled texts: what the words say, what the reader says, and how to join the two.

Each score is joined and gets its thresholds as it is for texts that were not learned from (FOLDS folds, groups whole).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.text.detection.detector import MIN_TOKENS, Detector, DetectorError, probabilities
from models.text.detection.reader import Adapter, Reader, Shown
from models.text.detection.words import fit_words
from models.text.language.causal import PACKAGED
from models.text.language.tokens import MAX_TOKENS

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
FALSE_POSITIVES = 0.01
OPEN = 0.4  # share of people's texts that the words leave open, to be read: less finds as much, but orders worse
FOLDS = 5
LEAST_TEXTS = 50
HEAD_STRENGTH = 100.0  # inverse of the ridge penalty of a head


@dataclass(frozen=True, eq=False)
class Labelled:
    """Texts long enough to judge, whether a machine wrote each, which belong together, and how much each counts."""

    texts: list[str | None]
    is_machine: Flags
    groups: NDArray[np.str_]
    weight: Vector

    def part(self, rows: NDArray[np.int64]) -> "Labelled":
        """Some of them."""
        texts = [self.texts[i] for i in rows]
        return Labelled(texts, self.is_machine[rows], self.groups[rows], self.weight[rows])


@dataclass(frozen=True, eq=False)
class Reading:
    """A way to read: adapter, head and its intercept, and the log odds of each labelled text by one that did not learn
    from its group, [N].
    """

    out_of_fold: Vector
    adapter: Adapter
    head: NDArray[np.float32]
    intercept: float


def balanced(is_machine: Flags) -> Vector:
    """Weights [N] by which both classes count the same."""
    share = is_machine.mean()
    return np.asarray(np.where(is_machine, 1 / max(share, 1e-9), 1 / max(1 - share, 1e-9)), dtype=np.float64)


def check_enough(is_machine: Flags, min_tokens: int = MIN_TOKENS) -> None:
    """DetectorError where a class has less than LEAST_TEXTS texts."""
    machine, people = int(is_machine.sum()), int((~is_machine).sum())
    if min(machine, people) < LEAST_TEXTS:
        raise DetectorError(
            f"{machine} machine-written and {people} human texts of {min_tokens} tokens and more are too few to fit "
            f"on: {LEAST_TEXTS} of each are needed"
        )


def fit_detector(
    labelled: Labelled,
    reading: Reading,
    *,
    fitted_on: str,
    causal: str = PACKAGED,
    max_tokens: int = MAX_TOKENS,
    min_tokens: int = MIN_TOKENS,
) -> Detector:
    """Fit the words, join them with the `reading`, and set the threshold.

    The threshold is that at which FALSE_POSITIVES of the human texts are flagged by fits without their group.
    DetectorError where a class has less than LEAST_TEXTS texts.
    """
    y = labelled.is_machine
    check_enough(y, min_tokens)
    words = words_out_of_fold(labelled)
    gate = float(np.quantile(words[~y], 1 - OPEN))
    is_read = words >= gate
    joined = _logistic(np.column_stack([words, reading.out_of_fold])[is_read], y[is_read], labelled.weight[is_read])
    alone = _logistic(words[:, None], y, labelled.weight)
    p = probabilities(words, np.where(is_read, reading.out_of_fold, np.nan), joined, alone)
    threshold = float(np.quantile(p[~y], 1 - FALSE_POSITIVES, method="higher"))
    if probabilities(np.array([gate]), np.array([np.nan]), joined, alone)[0] >= threshold:
        raise DetectorError("the words of these texts put no text aside; they do not tell machines from people")
    return Detector(
        causal, max_tokens, min_tokens, fit_words(labelled.texts, y, labelled.weight), reading.adapter, reading.head,
        reading.intercept, joined, alone, gate, threshold, fitted_on,
    )  # fmt: skip


def words_out_of_fold(labelled: Labelled) -> Vector:
    """Words score of each text by words fitted on other groups, [N]."""
    out = np.full(len(labelled.texts), np.nan)
    for learn, check in _folds(labelled):
        part = labelled.part(learn)
        out[check] = fit_words(part.texts, part.is_machine, part.weight).scores([labelled.texts[i] for i in check])
    return out


def fit_head(
    labelled: Labelled,
    reader: Reader,
    adapter: Adapter,
    max_tokens: int = MAX_TOKENS,
    progress: Shown = lambda items, _: items,
) -> Reading:
    """A head of its own for the states of a `reader`, which has this `adapter`: a ridge logistic regression."""
    states = np.zeros((len(labelled.texts), reader.width))
    ids = reader.token_ids(labelled.texts, max_tokens)
    for place, of_text in progress(reader.read(ids), len(ids)):
        states[place] = of_text.mean(0)
    out = np.full(len(states), np.nan)
    for learn, check in _folds(labelled):
        head, intercept = _head(states[learn], labelled.is_machine[learn], labelled.weight[learn])
        out[check] = states[check] @ head + intercept
    head, intercept = _head(states, labelled.is_machine, labelled.weight)
    return Reading(out, adapter, head.astype(np.float32), intercept)


def _head(states: Vector, y: Flags, weight: Vector) -> tuple[Vector, float]:
    """Weights and intercept on states as they are, fitted on standardised ones."""
    mean, scale = states.mean(0), np.maximum(states.std(0), 1e-6) * np.sqrt(states.shape[1])
    intercept, *slope = _logistic((states - mean) / scale, y, weight, HEAD_STRENGTH)
    head = np.array(slope) / scale
    return head, float(intercept - mean @ head)


def _logistic(x: Vector, y: Flags, weight: Vector, strength: float = 1e4) -> tuple[float, ...]:
    """Intercept and slopes."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=2000).fit(x, y, sample_weight=weight * len(y) / weight.sum())
    return float(model.intercept_[0]), *(float(v) for v in model.coef_[0])


def _folds(labelled: Labelled) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    from sklearn.model_selection import StratifiedGroupKFold

    made = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=7)
    return list(made.split(labelled.weight, labelled.is_machine, labelled.groups))
