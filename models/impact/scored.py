"""The scored answer: what the network expects after a release, with its text, with none, and the reference walk.

Same past, other words: the window ends at the last close at or before the release, so that no price after it is seen.
What comes out is the network's sensitivity to text, not a cause.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from features.candles import Array
from models.forecast.net import Ensemble
from models.forecast.windows import WindowStore


@dataclass(frozen=True)
class Scored:
    """Quantiles of the log return for N releases, [N, H, Q] each."""

    with_text: Array
    without: Array
    walk: Array


@torch.no_grad()
def score_releases(
    net: Ensemble, store: WindowStore, pairs: NDArray[np.int64], document_row: NDArray[np.int64], sigma: Array
) -> Scored:
    """Score N releases at origins `pairs` [N, 2] (asset, row of the base close), texts `document_row` [N].

    `sigma` [T, A, H] is the reference walk's. The release itself is taken out of the documents known at the origin,
    then put first with age 0 for the variant with text.
    """
    asset, row = torch.from_numpy(pairs[:, 0]), torch.from_numpy(pairs[:, 1])
    inputs, _ = store.gather(asset, row)
    at = asset * store.n_rows + row
    own = torch.from_numpy(document_row)
    without = _drop(store.document_row[at], store.document_age[at], own)
    with_text = _prepend(*without, own)
    unit = sigma[pairs[:, 1], pairs[:, 0]][:, :, None]
    out = []
    for rows, age in (with_text, without):
        scaled = net(inputs._replace(documents=store.vectors[rows], age_h=age, known=rows > 0))
        out.append(scaled.double().numpy() * unit)
    return Scored(out[0], out[1], inputs.base.double().numpy() * unit)


def _drop(rows: Tensor, age: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """The known documents without the release itself."""
    keep = rows != own[:, None]
    return rows * keep, age * keep


def _prepend(rows: Tensor, age: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """The release in front with age 0; the oldest of the others leaves."""
    first = own[:, None]
    return torch.cat([first, rows[:, :-1]], 1), torch.cat([torch.zeros_like(age[:, :1]), age[:, :-1]], 1)
