"""Windows for the network, gathered from tensors that sit in memory: no row is copied more often than a batch needs.

An origin is a pair (asset, row). Its window ends at that row; its targets begin after it; its documents were
available by then.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.types import Array
from features.panel import Panel, calendar
from models.forecast.network.net import Inputs
from models.forecast.walk import Walk
from models.quantiles.quantiles import HORIZONS_H

MAX_DOCUMENTS = 4
MAX_AGE_H = 72.0
MIN_SHARE = 0.5
MIN_MOVED = 0.05


@dataclass(frozen=True)
class Documents:
    """Vectors of documents [N + 1, E] (row 0 is none), and per asset the moments and rows of its own, in time order."""

    vectors: NDArray[np.float32]
    moments: tuple[NDArray[np.int64], ...]
    rows: tuple[NDArray[np.int64], ...]
    row_of: dict[str, int]

    def fingerprint(self, until: int) -> str:
        """A hash of the documents available at moment `until` (epoch s): all that training up to then can read."""
        digest = hashlib.sha256()
        for moments, rows in zip(self.moments, self.rows, strict=True):
            seen = moments <= until
            digest.update(moments[seen].tobytes() + self.vectors[rows[seen]].tobytes())
        return digest.hexdigest()[:16]


def collect_documents(links: pl.DataFrame, embeddings: pl.DataFrame, assets: tuple[str, ...], width: int) -> Documents:
    """Documents per asset. `links`: doc_id, asset, available_ts; `embeddings`: doc_id, embedding of length `width`."""
    if embeddings.is_empty():
        nothing = tuple(np.zeros(0, dtype=np.int64) for _ in assets)
        return Documents(np.zeros((1, width), dtype=np.float32), nothing, nothing, {})
    ordered = embeddings.sort("doc_id")
    vectors = np.vstack([np.zeros((1, width)), np.array(ordered["embedding"].to_list(), dtype=np.float32)]).astype(
        np.float32
    )
    row_of = {d: i + 1 for i, d in enumerate(ordered["doc_id"].to_list())}
    moments, rows = [], []
    for asset in assets:
        own = links.filter(pl.col("asset") == asset, pl.col("doc_id").is_in(list(row_of))).sort(
            "available_ts", "doc_id"
        )
        moments.append(own["available_ts"].dt.epoch("s").to_numpy().astype(np.int64))
        rows.append(np.array([row_of[d] for d in own["doc_id"].to_list()], dtype=np.int64))
    return Documents(vectors, tuple(moments), tuple(rows), row_of)


def latest_documents(
    documents: Documents, asset: int, moments: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The newest MAX_DOCUMENTS available at each moment (epoch s): vector rows [N, D] (0: none) and ages in hours."""
    times, rows = documents.moments[asset], documents.rows[asset]
    seen = np.searchsorted(times, moments, side="right")
    index = seen[:, None] - 1 - np.arange(MAX_DOCUMENTS)
    there = index >= 0
    if len(times) == 0:
        return np.zeros(index.shape, dtype=np.int64), np.zeros(index.shape, dtype=np.float32)
    safe = np.maximum(index, 0)
    age = (moments[:, None] - times[safe]) / 3600
    there &= age <= MAX_AGE_H
    return np.where(there, rows[safe], 0), np.where(there, age, 0).astype(np.float32)


@dataclass
class WindowStore:
    """Everything windows are cut from, as tensors on one device.

    tape [A·T, C + 1] (the last channel: a bar was there), context [A·T, K], document rows and ages [A·T, D], calendar
    [T, H, 4], target [A·T, H] around the base's median in units of its sigma (NaN where unknown), base [A, H, Q].
    """

    tape: Tensor
    context: Tensor
    document_row: Tensor
    document_age: Tensor
    vectors: Tensor
    calendar: Tensor
    target: Tensor
    base: Tensor
    n_rows: int
    lookback: int

    def to(self, device: torch.device | str) -> "WindowStore":
        """The same store on another device."""
        moved: dict[str, Any] = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    def windows(self) -> Tensor:
        """Every lookback as a view, [A·T − L + 1, L, C + 1]: nothing is copied until a batch is taken from it."""
        n, c = self.tape.shape
        return self.tape.as_strided((n - self.lookback + 1, self.lookback, c), (c, c, 1))

    def gather(self, asset: Tensor, row: Tensor) -> tuple[Inputs, Tensor]:
        """Inputs of a network and targets [B, H] for origins (asset, row), each [B], row ≥ lookback − 1."""
        at = asset * self.n_rows + row
        documents = self.document_row[at]
        inputs = Inputs(
            past=self.windows()[at - self.lookback + 1], context=self.context[at], calendar=self.calendar[row],
            documents=self.vectors[documents], age_h=self.document_age[at], known=documents > 0,
            base=self.base[asset],
        )  # fmt: skip
        return inputs, self.target[at]


def base_quantiles(base: Walk) -> Tensor:
    """The quantiles of a base around its median in units of its sigma, [A, H, Q]."""
    return torch.from_numpy(base.quantiles.astype(np.float32))


def scaled_targets(y: Array, base: Walk) -> Tensor:
    """Log returns `y` [T, A, H] around the base's median in units of its sigma, [A · T, H]; NaN where unknown."""
    around = y if base.median is None else y - base.median
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = (around / base.sigma).transpose(1, 0, 2).reshape(-1, y.shape[2])
    return torch.from_numpy(scaled.astype(np.float32))


def build_store(panel: Panel, documents: Documents, y: Array, base: Walk, lookback: int) -> WindowStore:
    """The store of a panel. `y` [T, A, H]; `base` as fitted on the training span."""
    n_assets, n_rows, _ = panel.tape.shape
    moments = panel.close_ts.astype("datetime64[s]").astype(np.int64)
    latest = [latest_documents(documents, a, moments) for a in range(n_assets)]
    ends = panel.close_ts[:, None] + np.array(HORIZONS_H, dtype="timedelta64[h]")
    present = panel.mask[..., None]
    tape = np.concatenate([panel.tape * present, present], axis=2, dtype=np.float32)
    return WindowStore(
        tape=torch.from_numpy(tape.reshape(n_assets * n_rows, -1)),
        context=torch.from_numpy(panel.context.reshape(n_assets * n_rows, -1)),
        document_row=torch.from_numpy(np.concatenate([row for row, _ in latest])),
        document_age=torch.from_numpy(np.concatenate([age for _, age in latest])),
        vectors=torch.from_numpy(documents.vectors),
        calendar=torch.from_numpy(calendar(ends).astype(np.float32)),
        target=scaled_targets(y, base),
        base=base_quantiles(base),
        n_rows=n_rows,
        lookback=lookback,
    )


def usable(panel: Panel, sigma: Array, lookback: int) -> NDArray[np.bool_]:
    """Which (asset, row) can be an origin, [A, T]: a bar now, half of the lookback filled, a positive sigma.

    In a twentieth of the lookback the price must have moved: a frozen one has a sigma that means nothing.
    """
    share, moved = (_share(x, lookback) for x in (panel.mask, panel.mask & (panel.tape[..., 0] != 0)))
    rows = np.arange(panel.mask.shape[1]) >= lookback - 1
    good_sigma = (np.isfinite(sigma) & (sigma > 0)).all(2).T
    return np.isfinite(panel.log_close) & (share >= MIN_SHARE) & (moved >= MIN_MOVED) & rows & good_sigma


def _share(x: NDArray[np.bool_], span: int) -> Array:
    """Share of true values among the last `span` rows, [A, T]."""
    total = np.cumsum(np.pad(x, ((0, 0), (span, 0))), axis=1)
    return np.asarray((total[:, span:] - total[:, :-span]) / span)


def origins(usable_rows: NDArray[np.bool_], first: int, last: int, every: int = 1) -> NDArray[np.int64]:
    """Origins as pairs [N, 2] (asset, row) with first ≤ row < last, every `every` rows of the grid."""
    rows = np.zeros(usable_rows.shape[1], dtype=bool)
    rows[first:last:every] = True
    return np.argwhere(usable_rows & rows)
