"""How likely texts of a file are machine-written: read a table, score it, write a table. Nothing is published."""

import logging
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.text.detection.binoculars import binoculars
from models.text.detection.detector import Detector, DetectorError, detector_inputs, fit_detector, load_detector
from models.text.language.causal import CausalModel, load_causal_model
from models.text.language.tokens import MAX_TOKENS, score_texts
from pipelines.ondemand.tables import TableError, check_ending, need_columns, read_table, write_table
from pipelines.progress import tracked

log = logging.getLogger("tapewire.detect")


def read_texts(path: Path, *, labelled: bool = False) -> pl.DataFrame:
    """The columns `id`, `text` (`kind` where there is one; to fit on, `label`, `pair` where there is one) of a file.

    TableError with what was found and what was expected.
    """
    frame = read_table(path)
    wanted = ("id", "text", "label") if labelled else ("id", "text")
    need_columns(frame, wanted, path)
    chosen = [*wanted, *(c for c in ("pair" if labelled else "kind",) if c in frame.columns)]
    texts = frame.select(pl.col(c).cast(pl.String, strict=False) for c in chosen)
    if texts["id"].null_count():
        raise TableError(f"{path.name}: {texts['id'].null_count()} rows have no id")
    return texts


def detect_file(
    source: Path,
    out: Path,
    *,
    model: str | None = None,
    detector: Path | None = None,
    explained: bool = False,
    second: str | None = None,
) -> pl.DataFrame:
    """Score every text of `source` and write id, n_tokens, scores, probability, threshold and verdict to `out`.

    With `explained` also `striking`, the stretches that were too likely; with a `second` model of the same vocabulary
    also `binoculars`. Returns what was written, in the order of the source.
    """
    texts = read_texts(source)
    check_ending(out)
    chosen = load_detector(detector) if detector else load_detector()
    if model and model != chosen.causal:
        raise DetectorError(
            f"the detector was fitted on the scores of {chosen.causal}, not of {model}: fit one of its own with --fit"
        )
    causal = _loaded(chosen.causal)
    ratio = binoculars(texts["text"].to_list(), _loaded(second), causal, chosen.max_tokens) if second else None
    scores = _scores(texts, causal, chosen.max_tokens, explained=explained)
    kinds = texts["kind"].fill_null("").to_list() if "kind" in texts.columns else None
    judged = texts.select("id").hstack(chosen.judge(scores, texts["text"].to_list(), kinds))
    if ratio is not None:
        judged = judged.with_columns(binoculars=pl.Series(ratio, dtype=pl.Float64))
    write_table(judged, out)
    return judged


def fit_file(source: Path, out: Path, *, model: str) -> Detector:
    """Fit a detector on labelled texts (id, text, label: human or machine, and pair where texts belong together)."""
    texts = read_texts(source, labelled=True)
    other = set(texts["label"].unique()) - {"human", "machine"}
    if other:
        found = ", ".join(sorted(map(repr, other)))
        raise TableError(f"{source.name}: label holds {found}; expected 'human' and 'machine'")
    scores = _scores(texts, _loaded(model), MAX_TOKENS)
    made = fit_detector(
        detector_inputs(scores, texts["text"].to_list()),
        scores["n_tokens"].to_numpy(),
        (texts["label"] == "machine").to_numpy(),
        groups_of(texts),
        fitted_on=f"{len(texts)} texts of {source.name}",
        causal=model,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    made.save(out)
    return made


def groups_of(texts: pl.DataFrame) -> NDArray[np.str_]:
    """Which texts belong together, [N]: those of one `pair`; a text without one stands for itself."""
    named = [c for c in ("pair", "id") if c in texts.columns]
    return texts.select(pl.coalesce(named)).to_series().to_numpy().astype(str)


def _loaded(model: str) -> CausalModel:
    began = time.perf_counter()
    causal = load_causal_model(model)
    log.info("%s read in %.0f s", model, time.perf_counter() - began)
    return causal


def _scores(texts: pl.DataFrame, causal: CausalModel, max_tokens: int, *, explained: bool = False) -> pl.DataFrame:
    log.info("%d texts to score", len(texts))
    return score_texts(
        texts["text"].to_list(),
        causal,
        max_tokens,
        lambda items: tracked(items, "texts", len(texts)),
        explained=explained,
    )
