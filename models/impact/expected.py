"""Expected moves: the network's forecast after a release, with its text, with another text, with none, and the walk's.

The window ends at the last close at or before the release, so that no later price is seen. Differences are the
network's sensitivity to text, not a causal effect.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.types import Array
from models.forecast.network.net import Ensemble
from models.forecast.network.windows import WindowStore
from models.forecast.walk import Walk

BATCH = 512
NO_DOCUMENT = 0


@torch.no_grad()
def expected_quantiles(
    net: Ensemble,
    store: WindowStore,
    pairs: NDArray[np.int64],
    text: NDArray[np.int64],
    base: Walk,
    *,
    instead_of: NDArray[np.int64] | None = None,
) -> Array:
    """Quantiles [N, H, Q] expected at origins `pairs` [N, 2] where the text of row `text` [N] has just appeared.

    Row NO_DOCUMENT is no text: the origin keeps its documents. `instead_of` [N]: documents that are removed first; by
    default the text itself, where it is known already. `base`: what the store's targets stand on.
    """
    removed = text if instead_of is None else instead_of
    out = [np.zeros((0, *store.base.shape[1:]))]
    for at in range(0, len(pairs), BATCH):
        part = slice(at, at + BATCH)
        asset, row = torch.from_numpy(pairs[part, 0]), torch.from_numpy(pairs[part, 1])
        inputs, _ = store.gather(asset, row)
        place = asset * store.n_rows + row
        own = torch.from_numpy(text[part])
        rows, age = _drop(store.document_row[place], store.document_age[place], torch.from_numpy(removed[part]))
        first_rows, first_age = _prepend(rows, age, own)
        has_text = (own != NO_DOCUMENT)[:, None]
        rows, age = torch.where(has_text, first_rows, rows), torch.where(has_text, first_age, age)
        scaled = net(inputs._replace(documents=store.vectors[rows], age_h=age, known=rows > 0))
        out.append(base.scaled(scaled.double().numpy(), pairs[part]))
    return np.concatenate(out)


def _drop(rows: Tensor, age: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """The known documents without the release itself."""
    keep = rows != own[:, None]
    return rows * keep, age * keep


def _prepend(rows: Tensor, age: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """The release in front with age 0; the oldest of the others leaves."""
    first = own[:, None]
    return torch.cat([first, rows[:, :-1]], 1), torch.cat([torch.zeros_like(age[:, :1]), age[:, :-1]], 1)
