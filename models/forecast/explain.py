"""What a forecast leaned on: attention, and what changes when one thing is left out.

Left out means: a channel of the context stands at its training mean, a patch of the lookback is empty, a document is
not known. The answers are the network's sensitivity, not causes; what two channels say together is counted for neither.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.types import Array
from models.forecast.network.net import Ensemble, Inputs, PatchTransformer
from models.forecast.network.windows import MAX_DOCUMENTS, WindowStore
from models.quantiles.quantiles import LEVELS, MEDIAN

PLACES = ("newest", "second newest", "third newest", "fourth newest")
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)


@dataclass(frozen=True)
class Explanation:
    """What N forecasts leaned on, per subject S: changes that the subject makes (with it − without it).

    `width` [N, S, H] log change of the 90 % band, `median` [N, S, H] shift in sigma, `attention` [N, S, H] share of
    each horizon's attention (NaN for channels). `kinds` and `subjects` [S]; a document's subject is its place, newest
    first, its row in the store stands in `documents` [N, D].
    """

    kinds: tuple[str, ...]
    subjects: tuple[str, ...]
    width: Array
    median: Array
    attention: Array
    documents: NDArray[np.int64]


@torch.no_grad()
def explain(net: Ensemble, store: WindowStore, pairs: NDArray[np.int64], channels: tuple[str, ...]) -> Explanation:
    """Explain the forecasts of patch transformers at origins `pairs` [N, 2]; `channels` [K] name the context."""
    net.eval()
    asset, row = torch.from_numpy(pairs[:, 0]), torch.from_numpy(pairs[:, 1])
    inputs, _ = store.gather(asset, row)
    whole = net(inputs)
    kinds, subjects, width, median = [], [], [], []

    def leave_out(kind: str, subject: str, changed: Inputs) -> None:
        without = net(changed)
        kinds.append(kind)
        subjects.append(subject)
        width.append(torch.log(_width(whole) / _width(without)))
        median.append(whole[..., MEDIAN] - without[..., MEDIAN])

    for k, name in enumerate(channels):
        leave_out("channel", name, inputs._replace(context=_with(inputs.context, k, torch.nan)))
    c = net.config
    for p in range(c.patches):
        first = p * c.stride
        past = inputs.past.clone()
        past[:, first : first + c.patch] = 0
        leave_out("hours_back", f"{c.lookback - first} to {c.lookback - first - c.patch}", inputs._replace(past=past))
    for d in range(MAX_DOCUMENTS):
        leave_out("document", PLACES[d], inputs._replace(known=_with(inputs.known, d, False)))
    seen = _attention(net, inputs)[:, :, 1:].permute(0, 2, 1)  # [N, P + D, H]
    blank = torch.full((len(pairs), len(channels), seen.shape[2]), torch.nan)
    at = store.document_row[asset * store.n_rows + row].numpy()
    return Explanation(
        tuple(kinds), tuple(subjects), _numpy(torch.stack(width, 1)), _numpy(torch.stack(median, 1)),
        _numpy(torch.cat([blank, seen], 1)), at,
    )  # fmt: skip


def _width(q: Tensor) -> Tensor:
    return q[..., HIGH] - q[..., LOW]


def _with(x: Tensor, column: int, value: float) -> Tensor:
    out = x.clone()
    out[:, column] = value
    return out


def _numpy(x: Tensor) -> Array:
    return x.double().numpy()


def _attention(net: Ensemble, inputs: Inputs) -> Tensor:
    """Cross-attention of each horizon over nothing, patches and documents, averaged over members, [B, H, 1 + P + D]."""
    return torch.stack([_member_attention(member, inputs) for member in net.members]).mean(0)


def _member_attention(net: torch.nn.Module, inputs: Inputs) -> Tensor:
    if not isinstance(net, PatchTransformer):
        raise TypeError(f"only patch transformers have attention to explain, got {type(net).__name__}")
    query, memory, visible = net.parts(inputs)
    layer = net.decoder
    h = layer.norm1(query)
    query = query + layer.own(h, h, net.causal)
    return layer.cross.weights(layer.norm2(query), memory, visible)
