"""How likely texts of a file are machine-written: read a table, score it, write a table. Nothing is published."""

import logging
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.text.detection.binoculars import binoculars
from models.text.detection.detector import MIN_TOKENS, Detector, DetectorError, load_detector
from models.text.detection.fitting import Labelled, balanced, check_enough, fit_detector, fit_head
from models.text.detection.judging import reader_of, score_texts
from models.text.detection.reader import Adapter, Read, make_reader
from models.text.language.causal import CausalModel, load_causal_model
from models.text.language.tokens import MAX_TOKENS, token_scores
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
    zero_shot: bool = False,
    second: str | None = None,
) -> pl.DataFrame:
    """Score every text of `source` and write id, n_tokens, scores, probability, threshold and verdict to `out`.

    With `explained` also `striking`, the most machine-like stretches; with `zero_shot` the token scores of the language
    model; with a `second` model of the same vocabulary `binoculars`. Returns what was written, in the order of the
    source.
    """
    texts = read_texts(source)
    check_ending(out)
    chosen = load_detector(detector) if detector else load_detector()
    if model and model != chosen.causal:
        raise DetectorError(
            f"the detector was fitted on the states of {chosen.causal}, not of {model}: fit one of its own with --fit"
        )
    beside = _beside(texts["text"].to_list(), chosen, zero_shot=zero_shot, second=second)
    reader = reader_of(chosen, _loaded(chosen.causal))
    log.info("%d texts to score", len(texts))
    scores = score_texts(texts["text"].to_list(), chosen, reader, _shown, explained=explained)
    kinds = texts["kind"].fill_null("").to_list() if "kind" in texts.columns else None
    judged = texts.select("id").hstack(chosen.judge(scores, kinds)).hstack(beside)
    write_table(judged, out)
    return judged


def fit_file(source: Path, out: Path, *, model: str) -> Detector:
    """Fit a detector on labelled texts (id, text, label: human or machine, and pair where texts belong together).

    With the packaged model the states are those of the shipped adapter, with another model its own.
    """
    texts = read_texts(source, labelled=True)
    other = set(texts["label"].unique()) - {"human", "machine"}
    if other:
        found = ", ".join(sorted(map(repr, other)))
        raise TableError(f"{source.name}: label holds {found}; expected 'human' and 'machine'")
    shipped = load_detector()
    adapter: Adapter = shipped.adapter if model == shipped.causal else {}
    reader = make_reader(_loaded(model), adapter)
    every: list[str | None] = texts["text"].to_list()
    long = np.array([len(ids) >= MIN_TOKENS for ids in reader.token_ids(every, MAX_TOKENS)], dtype=bool)
    kept = texts.filter(pl.Series(long))
    is_machine = (kept["label"] == "machine").to_numpy()
    check_enough(is_machine)
    labelled = Labelled(kept["text"].to_list(), is_machine, groups_of(kept), balanced(is_machine))
    log.info("%d texts to read", len(kept))
    reading = fit_head(labelled, reader, adapter, progress=_shown)
    made = fit_detector(labelled, reading, fitted_on=f"{len(kept)} texts of {source.name}", causal=model)
    out.parent.mkdir(parents=True, exist_ok=True)
    made.save(out)
    return made


def groups_of(texts: pl.DataFrame) -> NDArray[np.str_]:
    """Which texts belong together, [N]: those of one `pair`; a text without one stands for itself."""
    named = [c for c in ("pair", "id") if c in texts.columns]
    return texts.select(pl.coalesce(named)).to_series().to_numpy().astype(str)


def _beside(texts: list[str | None], chosen: Detector, *, zero_shot: bool, second: str | None) -> pl.DataFrame:
    """Scores that the detector does not use: token scores, and the Binoculars ratio."""
    if not (zero_shot or second):
        return pl.DataFrame()
    causal = _loaded(chosen.causal)
    found = pl.DataFrame()
    if second:
        ratio = binoculars(texts, _loaded(second), causal, chosen.max_tokens)
        found = pl.DataFrame({"binoculars": pl.Series(ratio, dtype=pl.Float64)})
    if zero_shot:
        told = token_scores(texts, causal, chosen.max_tokens, lambda items: tracked(items, "token scores", len(texts)))
        found = pl.concat([told, found], how="horizontal")
    return found


def _shown(items: Iterable[Read], n: int) -> Iterable[Read]:
    return tracked(items, "texts read", n)


def _loaded(model: str) -> CausalModel:
    began = time.perf_counter()
    causal = load_causal_model(model)
    log.info("%s read in %.0f s", model, time.perf_counter() - began)
    return causal
