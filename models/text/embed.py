"""Documents to vectors of hashed n-grams, which the network reads. Sentence embeddings are in language/sentence.py."""

import numpy as np
import polars as pl

MODEL = "hashed-ngrams-512-v1"
WIDTH = 512
MAX_CHARACTERS = 4000


def embed(documents: pl.DataFrame) -> pl.DataFrame:
    """`doc_id`, `model`, `available_ts`, `embedding` (unit length, [WIDTH]) of `documents` (doc_id, title, body).

    Words and pairs of words, hashed with signs, without any fitting: a document's vector depends on itself alone. The
    title counts as much as the body. An empty text has the zero vector.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        n_features=WIDTH, analyzer="word", ngram_range=(1, 2), norm="l2", alternate_sign=True, stop_words="english",
        token_pattern=r"(?u)\b[^\W\d_]{2,}\b",  # noqa: S106
    )  # fmt: skip
    parts = [
        vectorizer.transform(documents[c].str.slice(0, MAX_CHARACTERS).to_list()).toarray()
        if len(documents)
        else np.zeros((0, WIDTH))
        for c in ("title", "body")
    ]
    total = parts[0] + parts[1]
    length = np.linalg.norm(total, axis=1, keepdims=True)
    unit = np.divide(total, length, out=np.zeros_like(total), where=length > 0).astype(np.float32)
    return documents.select("doc_id", "available_ts").with_columns(
        model=pl.lit(MODEL), embedding=pl.Series(unit, dtype=pl.Array(pl.Float32, WIDTH)).arr.to_list()
    )
