"""Scores of texts by a detector: words of all, then the reader for those that the words leave open."""

import numpy as np
import polars as pl

from models.text.detection.detector import Detector, DetectorError
from models.text.detection.reader import AdapterError, Reader, Shown, make_reader, striking_stretches
from models.text.language.causal import CausalModel, load_causal_model


def reader_of(detector: Detector, causal: CausalModel | None = None) -> Reader:
    """The reader of a detector. MissingModelError without its language model, DetectorError where they do not fit.

    A `causal` model that is given is cut in half and serves nothing else afterwards.
    """
    try:
        reader = make_reader(causal or load_causal_model(detector.causal), detector.adapter)
    except AdapterError as error:
        raise DetectorError(f"{detector.causal}: {error}") from error
    width = reader.width
    if width != len(detector.head):
        raise DetectorError(f"{detector.causal} has states of {width} numbers, the detector reads {len(detector.head)}")
    return reader


def score_texts(
    texts: list[str | None],
    detector: Detector,
    reader: Reader,
    progress: Shown = lambda items, _: items,
    *,
    explained: bool = False,
    gate: float | None = None,
) -> pl.DataFrame:
    """`n_tokens`, `words_score` and `reading_score` (log odds; null: not read) of each text, in their order.

    Read are texts whose words score reaches `gate` (the detector's, unless given). With `explained` also `striking`:
    JSON of the most machine-like stretches of those read. `progress` wraps the reading and is told how many are read.
    """
    ids = reader.token_ids(texts, detector.max_tokens)
    words = detector.words.scores(texts)
    least = detector.gate if gate is None else gate
    due = [i for i, read in enumerate(ids) if len(read) >= detector.min_tokens and words[i] >= least]
    reading: list[float | None] = [None] * len(texts)
    striking: list[str | None] = [None] * len(texts)
    for place, states in progress(reader.read([ids[i] for i in due]), len(due)):
        values = states.astype(np.float64) @ detector.head + detector.reading_intercept
        reading[due[place]] = float(values.mean())
        if explained:
            striking[due[place]] = striking_stretches(ids[due[place]], values, reader.tokenizer)
    scores = pl.DataFrame({
        "n_tokens": pl.Series([len(read) for read in ids], dtype=pl.Int32),
        "words_score": pl.Series(words, dtype=pl.Float64),
        "reading_score": pl.Series(reading, dtype=pl.Float64),
    })  # fmt: skip
    return scores.with_columns(striking=pl.Series(striking, dtype=pl.String)) if explained else scores
