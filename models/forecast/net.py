"""The network, top to bottom: a patch transformer that corrects the reference walk.

Encoder: the lookback is cut into patches, each a token; pre-norm attention over those with data in them.
Decoder: one query per horizon, carrying the calendar of the hour it ends in; a horizon sees itself and earlier ones,
and attends to the encoded past and to the documents that were known, each with its age.
Head: the median moves by δ₀, each gap between neighbouring levels is multiplied by exp(δ). The last layer starts at
zero, so that an untrained network is exactly the reference walk.

Shapes: B batch, L lookback (bars), C channels, P patches, D documents, E embedding, H horizons, K calendar, Q levels,
M width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

N_CALENDAR = 4
MAX_LOG_GAP = 2.0


@dataclass(frozen=True)
class NetConfig:
    """Hyper-parameters of the network; plain numbers, so that a checkpoint can hold them."""

    lookback: int = 168
    patch: int = 12
    width: int = 32
    heads: int = 4
    layers: int = 1
    feed_forward: int = 64
    dropout: float = 0.2
    channels: int = 20
    embedding: int = 128
    horizons: int = 4
    levels: int = 25
    median: int = 12

    def __post_init__(self) -> None:
        if self.lookback % self.patch:
            raise ValueError(f"lookback ({self.lookback}) must be a multiple of patch ({self.patch})")
        if self.width % self.heads:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")


class Attention(nn.Module):
    """Multi-head attention; `mask` is true where a query may look."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        b, n, m = x.shape
        q = self.query(x).view(b, n, self.heads, -1).transpose(1, 2)  # [B, heads, N, M/heads]
        k, v = self.key_value(memory).view(b, memory.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).reshape(b, n, m))


class FeedForward(nn.Sequential):
    """Two layers with a GELU between."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width))


class EncoderLayer(nn.Module):
    """Pre-norm self-attention over patches."""

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(c.width), nn.LayerNorm(c.width)
        self.attention = Attention(c.width, c.heads, c.dropout)
        self.feed_forward = FeedForward(c.width, c.feed_forward, c.dropout)
        self.drop = nn.Dropout(c.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h = self.norm1(x)
        x = x + self.drop(self.attention(h, h, mask))
        return x + self.drop(self.feed_forward(self.norm2(x)))


class DecoderLayer(nn.Module):
    """Causal self-attention over horizons, then cross-attention to the past and the documents."""

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(c.width) for _ in range(3))
        self.own = Attention(c.width, c.heads, c.dropout)
        self.cross = Attention(c.width, c.heads, c.dropout)
        self.feed_forward = FeedForward(c.width, c.feed_forward, c.dropout)
        self.drop = nn.Dropout(c.dropout)

    def forward(self, x: Tensor, memory: Tensor, causal: Tensor, mask: Tensor) -> Tensor:
        h = self.norm1(x)
        x = x + self.drop(self.own(h, h, causal))
        x = x + self.drop(self.cross(self.norm2(x), memory, mask))
        return x + self.drop(self.feed_forward(self.norm3(x)))


class PatchTransformer(nn.Module):
    """Quantiles of the scaled cumulative log return at each horizon, as a residual on the reference walk."""

    causal: Tensor
    positions: Tensor

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        n_patches = c.lookback // c.patch
        self.embed = nn.Linear(c.patch * (c.channels + 1), c.width)
        self.context = nn.Linear(c.channels, c.width)
        self.document = nn.Linear(c.embedding, c.width)
        self.age = nn.Linear(2, c.width)
        self.nothing = nn.Parameter(torch.zeros(1, 1, c.width))
        self.encoder = nn.ModuleList(EncoderLayer(c) for _ in range(c.layers))
        self.decoder = nn.ModuleList(DecoderLayer(c) for _ in range(c.layers))
        self.horizon = nn.Parameter(torch.randn(c.horizons, c.width) * 0.02)
        self.calendar = nn.Linear(N_CALENDAR, c.width)
        self.norm = nn.LayerNorm(c.width)
        self.head = nn.Linear(c.width, c.levels)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("causal", torch.ones(c.horizons, c.horizons, dtype=torch.bool).tril())
        self.register_buffer("positions", sinusoids(n_patches, c.width))

    def forward(
        self,
        past: Tensor,  # [B, L, C], 0 where there was no bar
        present: Tensor,  # [B, L] bool
        calendar: Tensor,  # [B, H, K]
        documents: Tensor,  # [B, D, E]
        age_h: Tensor,  # [B, D] hours since the document was available
        known: Tensor,  # [B, D] bool
        base: Tensor,  # [B, H, Q] the reference walk's quantiles, in units of its sigma
    ) -> Tensor:  # [B, H, Q] the same units
        c = self.config
        b = past.shape[0]
        patches = torch.cat([past, present[..., None].to(past.dtype)], -1).view(b, -1, c.patch * (c.channels + 1))
        filled = present.view(b, -1, c.patch).any(-1)  # [B, P]
        x = self.embed(patches) + self.positions  # [B, P, M]
        seen = (filled | ~filled.any(1, keepdim=True))[:, None, None, :]  # a row without data looks at everything
        for layer in self.encoder:
            x = layer(x, seen)
        now = self.context(past[:, -1])[:, None]  # [B, 1, M]
        texts = self.document(documents) + self.age(age_features(age_h))  # [B, D, M]
        memory = torch.cat([self.nothing.expand(b, 1, -1), now, x, texts], 1)  # [B, 2+P+D, M]
        always = torch.ones(b, 2, dtype=torch.bool, device=past.device)
        visible = torch.cat([always, filled, known], 1)[:, None, None, :]
        q = self.horizon + self.calendar(calendar) + now  # [B, H, M]
        for layer in self.decoder:
            q = layer(q, memory, self.causal, visible)
        return residual_quantiles(base, self.head(self.norm(q)), c.median)


def residual_quantiles(base: Tensor, delta: Tensor, median: int) -> Tensor:
    """Quantiles that never cross: the median moves by δ[median], each gap is multiplied by exp(δ of its outer level).

    base, delta [B, H, Q]. With δ = 0 the result is `base`.
    """
    gap = base.diff(dim=-1)
    up = (gap[..., median:] * bounded_exp(delta[..., median + 1 :])).cumsum(-1)
    down = (gap[..., :median] * bounded_exp(delta[..., :median])).flip(-1).cumsum(-1).flip(-1)
    center = base[..., median : median + 1] + delta[..., median : median + 1]
    return torch.cat([center - down, center, center + up], -1)


def bounded_exp(delta: Tensor) -> Tensor:
    """exp(δ) with δ kept within ± MAX_LOG_GAP, smoothly."""
    return torch.exp(MAX_LOG_GAP * torch.tanh(delta / MAX_LOG_GAP))


def age_features(age_h: Tensor) -> Tensor:
    """Two readings of a document's age, [B, D, 2]: on a log scale, and how fresh it is."""
    return torch.stack([torch.log1p(age_h) / 4, torch.exp(-age_h / 6)], -1)


def sinusoids(n: int, width: int) -> Tensor:
    """Sinusoidal positions, [n, width] (Vaswani et al., 2017)."""
    place = torch.arange(n, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-9.21034 / width))
    out = torch.zeros(n, width)
    out[:, 0::2], out[:, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
    return out
