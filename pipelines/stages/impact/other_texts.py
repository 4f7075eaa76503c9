"""Which other texts are read in the place of each release: an earlier one of its asset, one of another, a generated
one, none.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from models.impact.event_time import NO_WORDS
from models.impact.expected_comparison import GENERATED, SHUFFLED
from models.response.walk_forward import Texts
from warehouse import read

OTHER_ASSET = "other_asset"
SEED = 17


@dataclass(frozen=True)
class OtherTexts:
    """Per kind of words the ids [N] of the texts, null where there is none, and the texts."""

    ids: dict[str, pl.Series]
    texts: tuple[Texts, ...]


def other_texts(con: duckdb.DuckDBPyConnection, released: pl.DataFrame) -> OtherTexts:
    """Other texts for `released` [N] (doc_id, asset, kind, text) in the order in which they were public."""
    generated = read.read(con, "models.generated_releases").sort("text_id")
    text = dict(zip(released["doc_id"], released["text"], strict=True)) | dict(
        generated.select("text_id", pl.concat_str("title", "body", separator=" ", ignore_nulls=True)).iter_rows()
    )
    chosen: dict[str, list[str | None]] = {
        **_drawn(released),
        GENERATED: _in_turn(released, generated),
        NO_WORDS: [None] * len(released),
    }
    ids = {words: pl.Series(found, dtype=pl.String) for words, found in chosen.items()}
    return OtherTexts(ids, tuple(tuple(text[i] if i else None for i in found) for found in chosen.values()))


def _drawn(released: pl.DataFrame) -> dict[str, list[str | None]]:
    """For each release an earlier one of its own asset (shuffled) and one of another asset, at random."""
    rng = np.random.default_rng(SEED)
    docs, assets, known = (released[c].to_list() for c in ("doc_id", "asset", "available_ts"))
    mine: dict[str, list[int]] = {}
    out: dict[str, list[str | None]] = {SHUFFLED: [], OTHER_ASSET: []}
    for i, (asset, moment) in enumerate(zip(assets, known, strict=True)):
        draws = rng.random(2)
        own = [j for j in mine.get(asset, []) if known[j] < moment]
        others = [j for j in range(i) if assets[j] != asset and known[j] < moment]
        for words, pool, draw in ((SHUFFLED, own, draws[0]), (OTHER_ASSET, others, draws[1])):
            out[words].append(docs[pool[int(draw * len(pool))]] if pool else None)
        mine.setdefault(asset, []).append(i)
    return out


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
