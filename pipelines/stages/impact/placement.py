"""Where generated releases are put: in the place of a real release, or at the last close."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.forecast.baselines.base import Base
from models.forecast.network.net import Ensemble
from models.forecast.network.windows import WindowStore
from pipelines.stages.dataset import LinkedDataset

STRIDE = 7919  # a prime, so that neighbours in time are not placed as neighbours of a batch
LINK_COLUMNS = ("doc_id", "asset", "event_ts", "available_ts", "release_group", "kind", "is_late_stamp",
                "is_recommended", "ts_precision")  # fmt: skip


@dataclass(frozen=True)
class ScoredSpan:
    """Releases that one model may score: those published after its training ended and before the next one's."""

    model_id: str
    trained_to: datetime
    net: Ensemble
    base: Base
    store: WindowStore
    releases: pl.DataFrame
    pairs: NDArray[np.int64]
    own: NDArray[np.int64]


def place_generated(
    spans: list[ScoredSpan], generated: pl.DataFrame, dataset: LinkedDataset, rows: NDArray[np.bool_]
) -> list[ScoredSpan]:
    """Each generated release in the place of a real one of its asset, of its kind where there is one; in turn.

    Where no release of its asset was scored, it is placed at the last close, by the last model.
    """
    hosts = pl.concat(
        [s.releases.select(LINK_COLUMNS).with_row_index("at").with_columns(span=pl.lit(i)) for i, s in enumerate(spans)]
    ).filter(pl.col("release_group") != "generated")
    chosen: dict[int, list[tuple[int, int]]] = {}
    alone: list[int] = []
    turn: dict[tuple[str, str], int] = {}
    for number, (asset, kind) in enumerate(generated.select("asset", "kind").iter_rows()):
        of_asset = hosts.filter(pl.col("asset") == asset)
        of_kind = of_asset.filter(pl.col("kind") == kind)
        pool = of_kind if len(of_kind) else of_asset
        if pool.is_empty():
            alone += [number] if asset in dataset.bars.assets else []
            continue
        at = turn.setdefault((asset, kind), 0)
        turn[asset, kind] += 1
        host = pool.row(at * STRIDE % len(pool), named=True)
        chosen.setdefault(host["span"], []).append((host["at"], number))
    out = []
    for i, picks in sorted(chosen.items()):
        s = spans[i]
        at_host, numbers = (np.array(x, dtype=np.int64) for x in zip(*picks, strict=True))
        placed = s.releases[at_host.tolist()].with_columns(
            placed_doc_id=pl.col("doc_id"), doc_id=generated[numbers.tolist()]["text_id"]
        )
        out.append(_of_generated(dataset, s, placed, s.pairs[at_host], numbers))
    return out + _at_last_close(dataset, spans[-1], generated, alone, rows)


def _of_generated(
    dataset: LinkedDataset, span: ScoredSpan, placed: pl.DataFrame, pairs: NDArray[np.int64], numbers: NDArray[np.int64]
) -> ScoredSpan:
    releases = placed.with_columns(
        release_group=pl.lit("generated"), is_late_stamp=pl.lit(False), is_recommended=pl.lit(True)
    )
    return replace(span, releases=releases, pairs=pairs, own=len(dataset.documents.vectors) + numbers)


def _at_last_close(
    dataset: LinkedDataset, span: ScoredSpan, generated: pl.DataFrame, numbers: list[int], rows: NDArray[np.bool_]
) -> list[ScoredSpan]:
    """Generated releases that have no real one to stand beside, at the last close that their asset can be read at."""
    pairs = [
        (asset, int(np.flatnonzero(rows[asset])[-1]), n)
        for n in numbers
        if rows[asset := dataset.bars.assets.index(generated["asset"][n])].any()
    ]
    if not pairs:
        return []
    at = np.array(pairs, dtype=np.int64)
    after = np.datetime64(span.trained_to.astimezone(UTC).replace(tzinfo=None), "s")
    at = at[dataset.bars.close_ts[at[:, 1]] > after]  # an asset that ended before has no model trained before its close
    if len(at) == 0:
        return []
    moment = close_moments(dataset, at[:, 1])
    texts = generated[at[:, 2].tolist()]
    placed = texts.select("asset", "kind", doc_id="text_id").with_columns(
        placed_doc_id=pl.lit(None, pl.String), event_ts=moment, available_ts=moment
    )
    return [_of_generated(dataset, span, placed, at[:, :2], at[:, 2])]


def close_moments(dataset: LinkedDataset, row: NDArray[np.int64]) -> pl.Series:
    return pl.Series(dataset.bars.close_ts[row].astype("datetime64[us]")).dt.replace_time_zone("UTC")
