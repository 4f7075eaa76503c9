"""Probability of machine authorship: a regression on token scores and style, fitted on labelled texts.

A text is flagged beyond the threshold of its kind (`registers`), which texts that people wrote of this kind set.
Machine-written is not false, and not flagged is not human: the probability holds for texts like those it was fitted on,
half of them machine-written. Texts with less than `min_tokens` tokens are too short to judge and get none.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.files import appears_whole
from models.text.detection.registers import ANY, threshold_for
from models.text.detection.style import STYLE, style_features
from models.text.language.causal import PACKAGED
from models.text.language.tokens import MAX_TOKENS, TOKEN_SCORES

SHIPPED = Path(__file__).with_name("detector.json")
FORMAT = 2
NOT_CALIBRATED = "not calibrated"
MIN_TOKENS = 30
FALSE_POSITIVES = 0.01
FOLDS = 5
STRENGTH = 0.03  # inverse of the ridge penalty: there are many inputs and few texts
CLIP = 4.0  # standard deviations, so that no single input decides
Vector = NDArray[np.float64]
Fitted = tuple[Vector, Vector, Vector, float]


class DetectorError(ValueError):
    """A file is not a detector of this version, or there are too few texts to fit one."""


@dataclass(frozen=True)
class Detector:
    """A fitted detector: plain numbers. `weights` belong to the standardised `detector_inputs`, in their order.
    `kinds`: thresholds by kind of text, above which one in a hundred of people's texts of this kind lies at most.
    """

    causal: str
    max_tokens: int
    min_tokens: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    threshold: float
    fitted_on: str
    kinds: dict[str, float] = field(default_factory=dict)
    format: int = FORMAT

    def probability(self, scores: pl.DataFrame, texts: list[str | None]) -> Vector:
        """Probability of machine authorship of texts and their rows of `score_texts`, [N]; NaN where too short."""
        known = scores["n_tokens"].to_numpy() >= self.min_tokens
        fitted = np.array(self.mean), np.array(self.scale), np.array(self.weights), self.intercept
        return np.where(known, predict_logistic(fitted, detector_inputs(scores, texts)), np.nan)

    def judge(self, scores: pl.DataFrame, texts: list[str | None], kinds: list[str] | None = None) -> pl.DataFrame:
        """`scores` with `probability`, `threshold` and `verdict`: flagged, not flagged, too short, or not calibrated.

        `kinds` [N]: the kind of each text; '' or None: not said. A kind of which no texts by people are known is not
        judged, and has no threshold.
        """
        p = pl.Series("probability", self.probability(scores, texts)).fill_nan(None)
        asked = {k: threshold_for(k, self.kinds, self.threshold) for k in set(kinds or [ANY])}
        threshold = pl.Series("threshold", [asked[k] for k in kinds or [ANY] * len(texts)], dtype=pl.Float64)
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
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:8]

    def save(self, path: Path) -> None:
        """Write it as JSON; it appears whole or not at all."""
        with appears_whole(path) as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load_detector(path: Path = SHIPPED) -> Detector:
    """A saved detector. DetectorError where the file is not one."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise DetectorError(f"{path} has format {content['format']}, this version reads {FORMAT}; fit it again")
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        found = Detector(**fields)
        numbers = np.array(
            [*found.mean, *found.scale, *found.weights, found.intercept, found.threshold, *found.kinds.values()],
            dtype=float,
        )
    except DetectorError:
        raise
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DetectorError(
            f"{path} is not a detector ({type(error).__name__}: {error}); fit one with --fit"
        ) from error
    widths = {len(found.mean), len(found.scale), len(found.weights)}
    if widths != {len(INPUTS)} or not np.isfinite(numbers).all():
        raise DetectorError(f"{path} holds {sorted(widths)} finite numbers per part, expected {len(INPUTS)}")
    return found


INPUTS = (*TOKEN_SCORES, "log_tokens", "log_likelihood × log_tokens", "curvature × log_tokens", *STYLE)


def detector_inputs(scores: pl.DataFrame, texts: list[str | None]) -> Vector:
    """Inputs of the regression, [N, INPUTS]: token scores, length, two scores times length, and style.

    An unknown score (a text of one token) counts as 0.
    """
    x = np.nan_to_num(scores.select(pl.col(TOKEN_SCORES).cast(pl.Float64)).to_numpy().astype(np.float64))
    length = np.log(np.maximum(scores["n_tokens"].to_numpy(), 1).astype(np.float64))[:, None]
    at = [TOKEN_SCORES.index("log_likelihood"), TOKEN_SCORES.index("curvature")]
    return np.hstack([x, length, x[:, at] * length, style_features(texts)])


def fit_detector(
    x: Vector,
    n_tokens: NDArray[np.int64],
    is_machine: NDArray[np.bool_],
    groups: NDArray[np.str_],
    *,
    fitted_on: str,
    causal: str = PACKAGED,
    max_tokens: int = MAX_TOKENS,
    min_tokens: int = MIN_TOKENS,
) -> Detector:
    """Fit on `detector_inputs` of labelled texts; both classes weigh the same.

    The threshold is that at which FALSE_POSITIVES of the human texts are flagged by regressions fitted without their
    group (FOLDS folds). DetectorError where a class has less than 50 texts that are long enough.
    """
    long = n_tokens >= min_tokens
    x, y, g = x[long], is_machine[long], groups[long]
    if min(y.sum(), (~y).sum()) < 50:
        raise DetectorError(
            f"{int(y.sum())} machine-written and {int((~y).sum())} human texts of {min_tokens} tokens and more are too "
            "few to fit on: 50 of each are needed"
        )
    held_out = out_of_fold(x, y, g)
    mean, scale, weights, intercept = fit_logistic(x, y)
    threshold = float(np.quantile(held_out[~y], 1 - FALSE_POSITIVES, method="higher"))
    return Detector(
        causal, max_tokens, min_tokens, tuple(mean.tolist()), tuple(scale.tolist()), tuple(weights.tolist()),
        intercept, threshold, fitted_on,
    )  # fmt: skip


def fit_logistic(x: Vector, y: NDArray[np.bool_]) -> Fitted:
    """Mean and scale of inputs, weights and intercept of a ridge logistic regression on them, both classes alike."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = x.mean(0), np.maximum(x.std(0), 1e-9)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=5000).fit(_standard(x, mean, scale), y)
    return mean, scale, model.coef_[0], float(model.intercept_[0])


def predict_logistic(fitted: Fitted, x: Vector) -> Vector:
    """Probabilities of the rows of `x` by a fit of `fit_logistic`, [N]."""
    mean, scale, weights, intercept = fitted
    return 1 / (1 + np.exp(-(_standard(x, mean, scale) @ weights + intercept)))


def _standard(x: Vector, mean: Vector, scale: Vector) -> Vector:
    """Standardised inputs, clipped to ± CLIP."""
    return np.clip((x - mean) / scale, -CLIP, CLIP)


def out_of_fold(x: Vector, y: NDArray[np.bool_], groups: NDArray[np.str_]) -> Vector:
    """Probability of each row by a regression fitted on other groups, [N]."""
    from sklearn.model_selection import StratifiedGroupKFold

    out = np.full(len(y), np.nan)
    for learn, check in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=7).split(x, y, groups):
        out[check] = predict_logistic(fit_logistic(x[learn], y[learn]), x[check])
    return out
