"""Pairs of real news texts that were labelled by reading: does the second tell the same story as the first?

`tests/data/story_pairs.csv`: ids in news.parquet and news_more.parquet, the label, its kind, whether the reader was
sure, how many pairs of the whole each stands for, and its half: rules were made looking at "development" alone.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from models.text.contradiction import contradict, what_is_said
from models.text.stories import minhash_signatures, required_similarity

PAIRS = Path(__file__).parents[1] / "data" / "story_pairs.csv"


@dataclass(frozen=True)
class Score:
    """Precision and recall of "same story", with 95 % intervals from a bootstrap over pairs."""

    precision: float
    recall: float
    precision_ci: tuple[float, float]
    recall_ci: tuple[float, float]
    n: int

    def __str__(self) -> str:
        (a, b), (c, d) = self.precision_ci, self.recall_ci
        precision, recall = f"{self.precision:.2f} [{a:.2f}, {b:.2f}]", f"{self.recall:.2f} [{c:.2f}, {d:.2f}]"
        return f"precision {precision}, recall {recall}, {self.n} pairs"


def judged(data: Path) -> pl.DataFrame:
    """The labelled pairs with `near` (as alike as copies are) and `copy` (and telling nothing else)."""
    columns = ["id", "title", "body"]
    texts = pl.concat([pl.read_parquet(data / f"{name}.parquet", columns=columns) for name in ("news", "news_more")])
    pairs = pl.read_csv(PAIRS)
    texts = texts.filter(pl.col("id").is_in(pl.concat([pairs["id_a"], pairs["id_b"]]).unique().implode()))
    texts = texts.unique("id", keep="first", maintain_order=True)
    row = {id_: i for i, id_ in enumerate(texts["id"])}
    signature, length = minhash_signatures(texts)
    said = what_is_said(texts)
    near, copy = [], []
    for id_a, id_b in pairs.select("id_a", "id_b").iter_rows():
        a, b = row[id_a], row[id_b]
        alike = float((signature[a] == signature[b]).mean())
        near.append(bool(alike >= required_similarity(length[[a]], length[b])[0]))
        copy.append(near[-1] and not contradict(said[b], said[a], alike))
    return pairs.with_columns(near=pl.Series(near), copy=pl.Series(copy))


def score(pairs: pl.DataFrame, verdict: str, rounds: int = 2000) -> Score:
    """Precision and recall of a column of verdicts, pairs weighted by how many they stand for."""
    same, said, weight = pairs["same"].to_numpy() == 1, pairs[verdict].to_numpy(), pairs["weight"].to_numpy()
    drawn = np.random.default_rng(1).integers(0, len(pairs), (rounds, len(pairs)))
    one = np.arange(len(pairs))[None, :]

    def rates(rows):
        hit = (weight * (same & said))[rows].sum(1)
        return hit / (weight * said)[rows].sum(1), hit / (weight * same)[rows].sum(1)

    with np.errstate(invalid="ignore"):
        (precision, recall), spread = rates(one), [np.nanquantile(x, [0.025, 0.975]) for x in rates(drawn)]
    bounds = [(float(low), float(high)) for low, high in spread]
    return Score(float(precision[0]), float(recall[0]), bounds[0], bounds[1], len(pairs))
