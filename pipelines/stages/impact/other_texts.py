"""Which other texts are read in the place of each release, beside that of an earlier one: a generated one, none."""

from dataclasses import dataclass

import duckdb
import polars as pl

from models.impact.event_time import NO_WORDS
from models.impact.expected_comparison import GENERATED
from models.response.walk_forward import Texts
from warehouse import read


@dataclass(frozen=True)
class OtherTexts:
    """Per kind of words the ids [N] of the texts, null where there is none, and the texts."""

    ids: dict[str, pl.Series]
    texts: tuple[Texts, ...]


def other_texts(con: duckdb.DuckDBPyConnection, released: pl.DataFrame) -> OtherTexts:
    """Other texts for `released` [N] (asset, kind), in the order in which they were public."""
    generated = read.read(con, "models.generated_releases").sort("text_id")
    written = pl.concat_str("title", "body", separator=" ", ignore_nulls=True)
    text = dict(generated.select("text_id", written).iter_rows())
    chosen: dict[str, list[str | None]] = {GENERATED: _in_turn(released, generated), NO_WORDS: [None] * len(released)}
    ids = {words: pl.Series(found, dtype=pl.String) for words, found in chosen.items()}
    return OtherTexts(ids, tuple(tuple(text[i] if i else None for i in found) for found in chosen.values()))


def _in_turn(released: pl.DataFrame, generated: pl.DataFrame) -> list[str | None]:
    """For each release a generated one of its asset, of its kind where there is one, in turn."""
    pools: dict[tuple[str, str], list[str]] = {}
    for text_id, asset, kind in generated.select("text_id", "asset", "kind").iter_rows():
        for key in ((asset, kind), (asset, "")):
            pools.setdefault(key, []).append(text_id)
    turn: dict[tuple[str, str], int] = {}
    out: list[str | None] = []
    for asset, kind in released.select("asset", "kind").iter_rows():
        key = (asset, kind) if (asset, kind) in pools else (asset, "")
        at = turn[key] = turn.get(key, -1) + 1
        out.append(pools[key][at % len(pools[key])] if key in pools else None)
    return out
