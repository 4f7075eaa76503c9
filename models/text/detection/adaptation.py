"""Train an adapter of a language model's lower half, and the weights that read authorship from its states.

Binary cross-entropy with softened labels, AdamW, a rate that rises for a tenth of the steps and falls to zero. Texts
are drawn by their weight, and read from the start or, half of the longer ones, from a place drawn at random, at times
shortened, so that no length and no beginning gives a source away. Minutes on a GPU, hours on two cores.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.text.detection.reader import STRENGTH, Adapter, adapted_maps, padded

Vector = NDArray[np.float64]
RANK = 8
EPOCHS = 3
BATCH = 64
RATE, HEAD_RATE = 1e-3, 3e-3
WARM_SHARE = 0.1
SOFTENED = 0.02
SHORTENED, LEAST_TOKENS = 0.3, 48


@dataclass(frozen=True)
class Adapted:
    """An adapter, and the weights [W] and intercept that read log odds of a machine from the states it makes."""

    adapter: Adapter
    head: NDArray[np.float32]
    intercept: float


class _LowRank(nn.Module):
    """A weight [O, I] plus the product of two narrow matrices; at first nothing is added."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        rows, columns = linear.weight.shape
        self.a = nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))
        self.b = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + STRENGTH * (self.b @ self.a)


def train_adapter(
    network: nn.Module,
    ids: list[list[int]],
    is_machine: NDArray[np.bool_],
    weight: Vector,
    max_tokens: int,
    *,
    seed: int = 0,
    epochs: float = EPOCHS,
    steps_of: Callable[[range], Iterable[int]] = iter,
) -> Adapted:
    """Adapt `network` (a lower half, in float32; left as it was) to texts of two tokens and more, drawn by `weight`.

    `ids` may be longer than `max_tokens`, which is what is read at once. `steps_of` wraps the steps.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    device = next(network.parameters()).device
    network.requires_grad_(requires_grad=False)
    maps = adapted_maps(network)
    added = {name: _LowRank(linear, RANK).to(device) for name, linear in maps.items()}
    for name, linear in maps.items():
        parametrize.register_parametrization(linear, "weight", added[name])
    head = nn.Linear(network.config.hidden_size, 1).to(device)  # type: ignore[union-attr, arg-type]
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    body = [p for low in added.values() for p in low.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": RATE, "weight_decay": 0.01}, {"params": head.parameters(), "lr": HEAD_RATE}],
        betas=(0.9, 0.98), weight_decay=0.0,
    )  # fmt: skip
    steps = max(int(epochs * len(ids) / BATCH), 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / (WARM_SHARE * steps)) * max(0.0, 1 - s / steps)
    )
    truth = torch.tensor(is_machine, dtype=torch.float32) * (1 - 2 * SOFTENED) + SOFTENED
    chance = weight / weight.sum()
    for _ in steps_of(range(steps)):
        rows = rng.choice(len(ids), BATCH, p=chance)
        batch = [_window(ids[i], max_tokens, rng) for i in rows]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            states = network(padded(batch).to(device)).last_hidden_state.float()
        loss = nn.functional.binary_cross_entropy_with_logits(
            head(pooled(states, [len(b) for b in batch])).squeeze(1), truth[rows].to(device)
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*body, *head.parameters()], 1.0)
        optimizer.step()
        schedule.step()
    for linear in maps.values():
        parametrize.remove_parametrizations(linear, "weight", leave_parametrized=False)
    parts = {f"{name}.{part}": getattr(low, part) for name, low in added.items() for part in "ab"}
    adapter = {name: p.detach().cpu().numpy().astype(np.float16) for name, p in parts.items()}
    return Adapted(adapter, head.weight[0].detach().cpu().numpy(), float(head.bias.item()))


def pooled(states: Tensor, lengths: list[int]) -> Tensor:
    """Mean of states [B, T, W] over the tokens of each text but the first, [B, W]."""
    place = torch.arange(states.shape[1], device=states.device)
    end = torch.tensor(lengths, device=states.device)[:, None]
    there = ((place > 0) & (place < end)).float()[:, :, None]
    return (states * there).sum(1) / there.sum(1).clamp(min=1)


def _window(ids: list[int], longest: int, rng: np.random.Generator) -> list[int]:
    """Tokens to read of a text: its start or a stretch drawn at random, at times shortened."""
    start = int(rng.integers(0, len(ids) - longest + 1)) if len(ids) > longest and rng.random() < 0.5 else 0
    length = min(len(ids) - start, longest)
    if length > LEAST_TOKENS and rng.random() < SHORTENED:
        length = int(rng.integers(LEAST_TOKENS, length))
    return ids[start : start + length]
