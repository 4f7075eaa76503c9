"""The lower half of a causal language model, adapted to authorship: what each token of a text adds to the verdict.

The states after half of a model's layers tell more of who wrote a text than the probabilities at its end, and cost
half. An adapter adds a product of two narrow matrices to each linear map of these layers (Hu et al. 2021, "LoRA";
trained in `adaptation`). A text's state is the mean over its tokens but the first, on which attention rests.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.hardware import cpu_has_bf16
from models.text.language.causal import CausalModel
from models.text.language.tokens import clean_text, length_batches

Adapter = dict[str, NDArray[np.float16]]
Read = tuple[int, NDArray[np.float32]]
Shown = Callable[[Iterable[Read], int], Iterable[Read]]  # wraps the reading, and is told how many texts there are
STRETCH = 8  # tokens of a stretch given as an explanation
STRENGTH = 2.0  # of an adapter's product


class AdapterError(ValueError):
    """An adapter does not belong to a language model."""


@dataclass(frozen=True)
class Reader:
    """The lower half of a language model with its tokenizer. `network` gives states [B, T, W] of tokens [B, T]."""

    tokenizer: Any
    network: nn.Module

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self.network.parameters()).device

    @property
    def width(self) -> int:
        """Numbers of a state."""
        return int(self.network.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def token_ids(self, texts: list[str | None], max_tokens: int) -> list[list[int]]:
        """The first `max_tokens` tokens of each text."""
        cleaned = [clean_text(t) for t in texts]
        read = self.tokenizer(cleaned, add_special_tokens=False, truncation=True, max_length=max_tokens)
        return list(read["input_ids"])

    def read(self, ids: list[list[int]]) -> Iterator[Read]:
        """Place and states [T − 1, W] of each text of two tokens and more; texts of similar length are batched."""
        for places in length_batches([len(i) for i in ids]):
            yield from zip(places, self._states([ids[i] for i in places]), strict=True)

    @torch.inference_mode()
    def _states(self, batch: list[list[int]]) -> list[NDArray[np.float32]]:
        states = self.network(padded(batch).to(self.device)).last_hidden_state.float().cpu().numpy()
        return [s[1 : len(ids)] for s, ids in zip(states, batch, strict=True)]


def padded(batch: list[list[int]]) -> Tensor:
    """Tokens [B, T], padded on the right with 0: states of earlier tokens do not see later ones."""
    return nn.utils.rnn.pad_sequence([torch.tensor(ids, dtype=torch.long) for ids in batch], batch_first=True)


def lower_half(causal: CausalModel) -> nn.Module:
    """The first half of the layers of a model, in place: the model serves nothing else afterwards."""
    decoder: nn.Module = causal.network.get_decoder()
    layers = next(m for m in decoder.modules() if isinstance(m, nn.ModuleList))
    half = max(len(layers) // 2, 1)
    del layers[half:]
    decoder.config.num_hidden_layers = half  # type: ignore[union-attr]
    decoder.config.use_cache = False  # type: ignore[union-attr]
    return decoder


def adapted_maps(network: nn.Module) -> dict[str, nn.Linear]:
    """The linear maps that an adapter changes, by name."""
    return {name: m for name, m in network.named_modules() if isinstance(m, nn.Linear)}


def make_reader(causal: CausalModel, adapter: Adapter) -> Reader:
    """Cut a language model to its lower half and add an adapter (empty: none). AdapterError where they do not fit.

    Weights become bfloat16 where the device multiplies that faster.
    """
    network = lower_half(causal)
    if adapter:
        add_adapter(network, adapter)
    if causal.device.type == "cuda" or cpu_has_bf16():
        network.to(torch.bfloat16)
    return Reader(causal.tokenizer, network.eval())


@torch.no_grad()
def add_adapter(network: nn.Module, adapter: Adapter) -> None:
    """Add an adapter's products to the weights of a lower half, in place. AdapterError where its maps differ."""
    maps = adapted_maps(network)
    if {f"{name}.{part}" for name in maps for part in "ab"} != set(adapter):
        raise AdapterError("the adapter is of another language model: its maps differ; fit the detector again")
    for name, linear in maps.items():
        a, b = (torch.from_numpy(adapter[f"{name}.{part}"].astype(np.float32)) for part in "ab")
        if (len(b), a.shape[1]) != tuple(linear.weight.shape) or len(a) != b.shape[1]:
            raise AdapterError(f"the adapter of {name} has shapes {tuple(b.shape)} and {tuple(a.shape)}")
        linear.weight += STRENGTH * (b @ a).to(linear.weight)


def striking_stretches(ids: list[int], values: NDArray[np.float64], tokenizer: Any, n: int = 3) -> str:
    """JSON of the `n` stretches of STRETCH tokens that speak most for a machine: words, and mean log odds there.

    `values` [T − 1]: what each token but the first says. Highest first, without overlap; none where it speaks for a
    person.
    """
    if len(values) < STRETCH:
        return "[]"
    mean = np.convolve(values, np.full(STRETCH, 1 / STRETCH), mode="valid")
    found: list[tuple[str, float]] = []
    taken = np.zeros(len(mean), dtype=bool)
    for start in np.argsort(-mean, kind="stable"):
        if len(found) == n or mean[start] <= 0:
            break
        if not taken[start]:
            taken[max(start - STRETCH + 1, 0) : start + STRETCH] = True
            words = tokenizer.decode(ids[start + 1 : start + 1 + STRETCH])
            found.append((" ".join(words.split()), round(float(mean[start]), 2)))
    return json.dumps(found, ensure_ascii=False)
