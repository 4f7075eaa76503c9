"""A causal language model's statistics of a text per token: probability of each, and the model's uncertainty.

One forward pass a text. For token i with probability p among the model's distribution q over V tokens: log p; its rank;
mean and variance of log q under q. From them scores that detect machine-written texts, each a mean over tokens:

log_likelihood   mean log p (Solaiman et al. 2019)
log_rank         mean log rank, rank 1 the likeliest (Gehrmann et al. 2019; Mitchell et al. 2023)
lrr              −log_likelihood ÷ log_rank (Su et al. 2023)
top_1/10/100     shares of tokens among so many likeliest: GLTR (Gehrmann et al. 2019)
entropy          mean of −Σ q log q
curvature        Σ (log p − E_q log q) ÷ √Σ Var_q log q: Fast-DetectGPT in closed form (Bao et al. 2024)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.hardware import cpu_has_bf16
from models.text.language.causal import CausalModel

MAX_TOKENS = 256
MAX_CHARACTERS = 20_000
TOKENS_A_BATCH = 2048
CHUNK = 64  # tokens whose distributions are in memory at once: few enough for the cache
TOKEN_SCORES = ("log_likelihood", "log_rank", "lrr", "top_1", "top_10", "top_100", "entropy", "curvature")


@dataclass(frozen=True)
class TokenStatistics:
    """Statistics of one text: ids and, for all but the first token, log p, rank, mean and variance of log q."""

    ids: NDArray[np.int64]
    log_p: NDArray[np.float64]
    rank: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    def scores(self) -> dict[str, float | None]:
        """TOKEN_SCORES of the text; None where it has less than two tokens."""
        if len(self.log_p) == 0:
            return dict.fromkeys(TOKEN_SCORES)
        likelihood, log_rank = float(self.log_p.mean()), float(np.log(self.rank).mean())
        return {
            "log_likelihood": likelihood,
            "log_rank": log_rank,
            "lrr": -likelihood / max(log_rank, 1e-3),
            **{f"top_{k}": float((self.rank <= k).mean()) for k in (1, 10, 100)},
            "entropy": float(-self.mean.mean()),
            "curvature": float((self.log_p - self.mean).sum() / np.sqrt(max(self.variance.sum(), 1e-6))),
        }


def clean_text(text: str | None) -> str:
    """A text for reading: white space collapsed, control characters removed, MAX_CHARACTERS at most."""
    cut = (text or "")[:MAX_CHARACTERS]
    return " ".join("".join(c if c.isprintable() or c.isspace() else " " for c in cut).split())


def read_tokens(
    texts: list[str | None], causal: CausalModel, max_tokens: int = MAX_TOKENS
) -> Iterator[tuple[int, TokenStatistics]]:
    """Index and statistics of each text's first `max_tokens` tokens; texts of similar length are batched."""
    cleaned = [clean_text(t) for t in texts]
    ids = causal.tokenizer(cleaned, add_special_tokens=False, truncation=True, max_length=max_tokens)["input_ids"]
    for places in length_batches([len(i) for i in ids]):
        yield from zip(places, _forward([ids[i] for i in places], causal), strict=True)


def length_batches(lengths: list[int]) -> Iterator[list[int]]:
    """Places of texts by length, in batches of TOKENS_A_BATCH tokens at most, padded ones counted."""
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop - start + 1) * lengths[order[stop]] <= TOKENS_A_BATCH:
            stop += 1
        yield order[start:stop]
        start = stop


@torch.inference_mode()
def _forward(batch: list[list[int]], causal: CausalModel) -> list[TokenStatistics]:
    """One pass over texts padded on the right."""
    longest = max(len(ids) for ids in batch)
    if longest < 2:
        nothing = np.zeros(0)
        return [TokenStatistics(np.array(ids, dtype=np.int64), nothing, nothing, nothing, nothing) for ids in batch]
    tokens = torch.zeros(len(batch), longest, dtype=torch.long)
    there = torch.zeros(len(batch), longest, dtype=torch.long)
    for i, ids in enumerate(batch):
        tokens[i, : len(ids)] = torch.tensor(ids, dtype=torch.long)
        there[i, : len(ids)] = 1
    tokens, there = tokens.to(causal.device), there.to(causal.device)
    kind = causal.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or cpu_has_bf16()):
        hidden = causal.network.get_decoder()(input_ids=tokens, attention_mask=there).last_hidden_state
        predicted = there[:, 1:].bool()
        states, following = hidden[:, :-1][predicted], tokens[:, 1:][predicted]
        parts = [
            _token_statistics(causal.network.get_output_embeddings()(states[i : i + CHUNK]), following[i : i + CHUNK])
            for i in range(0, len(states), CHUNK)
        ]
    flat = torch.cat(parts, dim=1).double().cpu().numpy()
    ends = np.cumsum([max(len(ids) - 1, 0) for ids in batch])
    pieces = np.split(flat, ends[:-1], axis=1)
    return [TokenStatistics(np.array(ids, dtype=np.int64), *piece) for ids, piece in zip(batch, pieces, strict=True)]


def _token_statistics(logits: Tensor, following: Tensor) -> Tensor:
    """log p, rank, mean and variance of log q for tokens [N] after distributions [N, V], as [4, N], in float32."""
    with torch.autocast(logits.device.type, enabled=False):
        log_q = logits.float().log_softmax(-1)
        q = log_q.exp()
        chosen = log_q.gather(1, following[:, None])
        rank = torch.gt(log_q, chosen, out=torch.empty_like(log_q)).sum(1) + 1
        mean = torch.einsum("nv,nv->n", q, log_q)
        variance = torch.einsum("nv,nv->n", q.mul_(log_q), log_q) - mean.square()
        return torch.stack([chosen[:, 0], rank, mean, variance.clamp(min=0)])


def token_scores(
    texts: list[str | None],
    causal: CausalModel,
    max_tokens: int = MAX_TOKENS,
    progress: Callable[[Iterable[tuple[int, TokenStatistics]]], Iterable[tuple[int, TokenStatistics]]] = iter,
) -> pl.DataFrame:
    """TOKEN_SCORES of each text, in their order. `progress` wraps the iteration over texts."""
    rows: list[dict[str, float | None]] = [{}] * len(texts)
    for place, made in progress(read_tokens(texts, causal, max_tokens)):
        rows[place] = dict(made.scores())
    return pl.DataFrame(rows, schema=dict.fromkeys(TOKEN_SCORES, pl.Float64))
