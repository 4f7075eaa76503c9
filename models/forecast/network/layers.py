"""The parts of networks: attention, dropout, what is known at the origin, and the head that corrects the base.

Shapes as in net.py: B batch, M width, H horizons, Q levels, K channels of context.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.forecast.network.config import NetConfig

N_SHAPES = 5
RECENT_H = 24


class Attention(nn.Module):
    """Multi-head attention; `mask` is true where a query may look, None where everywhere.

    On a GPU the fused kernel; on a CPU, where the fused one is two to three times slower over so few patches, plain
    products with the softmax in float32.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values per head, [B, heads, N, M/heads]."""
        b, n, _ = x.shape
        q = self.query(x).view(b, n, self.heads, -1).transpose(1, 2)
        k, v = self.key_value(memory).view(b, memory.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        return q, k, v

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """Queries x [B, N, M] attend to memory [B, S, M], giving [B, N, M]."""
        q, k, v = self.split(x, memory)
        mixed = (
            F.scaled_dot_product_attention(q, k, v, attn_mask=mask) if x.is_cuda else attention_weights(q, k, mask) @ v
        )
        return self.out(mixed.transpose(1, 2).flatten(2))

    def weights(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """Attention weight of each query on each part of the memory, averaged over heads, [B, N, S]."""
        q, k, _ = self.split(x, memory)
        return attention_weights(q, k, mask).mean(1)


def attention_weights(q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of queries [B, heads, N, D] over keys [B, heads, S, D], [B, heads, N, S]; rows sum to 1."""
    score = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).float()
    if mask is not None:
        score.masked_fill_(~mask, -torch.inf)
    return score.softmax(-1)


class Dropout(nn.Dropout):
    """Dropout that draws a byte a value on a CPU, where PyTorch's own draws cost as much as a layer.

    There p is rounded to 1/256, and what is kept is scaled by the rounded one. A function of PyTorch's seed.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x with dropped values 0 and the others scaled up."""
        if x.is_cuda or not self.training:
            return super().forward(x)
        dropped = round(self.p * 256)
        draws = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
        kept = (draws[: x.numel()].view(x.shape) >= dropped).to(x.dtype)
        return x * (kept * (256 / (256 - dropped)))


class FeedForward(nn.Sequential):
    """Two layers with a GELU between."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, hidden), nn.GELU(), Dropout(dropout), nn.Linear(hidden, width))


class EncoderLayer(nn.Module):
    """Pre-norm self-attention over patches."""

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(c.width), nn.LayerNorm(c.width)
        self.attention = Attention(c.width, c.heads)
        self.feed_forward = FeedForward(c.width, c.feed_forward, c.dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Patches [B, P, M] to [B, P, M]."""
        h = self.norm1(x)
        x = x + self.attention(h, h, mask)
        return x + self.feed_forward(self.norm2(x))


class DecoderLayer(nn.Module):
    """Causal self-attention over horizons, then cross-attention to the past and the documents."""

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(c.width) for _ in range(3))
        self.own = Attention(c.width, c.heads)
        self.cross = Attention(c.width, c.heads)
        self.feed_forward = FeedForward(c.width, c.feed_forward, c.dropout)
        for attention in (self.own, self.cross):  # what is attended to has no say before training gives it one
            nn.init.zeros_(attention.out.weight)
            nn.init.zeros_(attention.out.bias)

    def forward(self, x: Tensor, memory: Tensor, causal: Tensor, mask: Tensor) -> Tensor:
        """Horizon queries [B, H, M] and memory [B, S, M] to [B, H, M]."""
        h = self.norm1(x)
        x = x + self.own(h, h, causal)
        x = x + self.cross(self.norm2(x), memory, mask)
        return x + self.feed_forward(self.norm3(x))


class Context(nn.Module):
    """What is known at the origin, [B, K] to [B, M]: standardised by the training span, unknown at its mean."""

    mean: Tensor
    spread: Tensor

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(c.context))
        self.register_buffer("spread", torch.ones(c.context))
        self.layers = nn.Sequential(
            nn.Linear(c.context, c.width), nn.GELU(), Dropout(c.dropout),
            nn.Linear(c.width, c.width), nn.GELU(), Dropout(c.dropout),
        )  # fmt: skip

    def fit(self, x: Tensor) -> None:
        """Take mean and spread from the training span's context [N, K]; a channel never known there counts nothing."""
        known = torch.isfinite(x)
        n = known.sum(0).clamp(min=1)
        filled = torch.where(known, x, torch.zeros_like(x))
        mean = filled.sum(0, dtype=torch.float64) / n
        square = (filled.double() ** 2).sum(0) / n - mean**2
        self.mean.copy_(mean)
        spread = square.clamp(min=0).sqrt()
        self.spread.copy_(torch.where(spread > 1e-4, spread, torch.inf))

    def forward(self, x: Tensor) -> Tensor:
        """Context [B, K], NaN where unknown, to [B, M]."""
        return self.layers(torch.nan_to_num((x - self.mean) / self.spread))


class Recent(nn.Module):
    """The bars of the last day one by one, [B, M]; they start with no say."""

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.hours = min(RECENT_H, c.lookback)
        self.bars = nn.Linear(self.hours * (c.channels + 1), c.width)
        nn.init.zeros_(self.bars.weight)
        nn.init.zeros_(self.bars.bias)

    def forward(self, past: Tensor) -> Tensor:
        """The lookback [B, L, C + 1] to [B, M]."""
        out: Tensor = self.bars(past[:, -self.hours :].flatten(1))
        return out


class ResidualHead(nn.Module):
    """From [B, H, M] to quantiles [B, H, Q]: a shift of the median and a smooth curve of log gaps over the levels."""

    shapes: Tensor

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.median, self.bound = c.levels // 2, c.max_log_gap
        self.norm = nn.LayerNorm(c.width)
        self.out = nn.Linear(c.width, 1 + N_SHAPES)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        u = torch.linspace(-1, 1, c.levels)
        shapes = torch.stack([torch.ones_like(u), u, 2 * u**2 - 1, u**3, (u > 0).float()])
        self.register_buffer("shapes", shapes, persistent=False)

    def forward(self, x: Tensor, base: Tensor) -> Tensor:
        """Quantiles [B, H, Q] from x [B, H, M] and the walk's quantiles `base` [B, H, Q]."""
        with torch.autocast(x.device.type, enabled=False):  # prices come out of here: float32 throughout
            raw = self.out(self.norm(x.float()))
            return residual_quantiles(base, raw[..., :1], raw[..., 1:] @ self.shapes, self.median, self.bound)


def residual_quantiles(base: Tensor, shift: Tensor, delta: Tensor, median: int, bound: float) -> Tensor:
    """Quantiles that never cross: the median moves by `shift`, each gap is multiplied by exp(δ of its outer level).

    |δ| is kept below `bound`, smoothly.

    base, delta [B, H, Q] (δ at the median is not used), shift [B, H, 1]. With both 0 the result is `base`.
    """
    gap = base.diff(dim=-1)
    up = (gap[..., median:] * bounded_exp(delta[..., median + 1 :], bound)).cumsum(-1)
    down = (gap[..., :median] * bounded_exp(delta[..., :median], bound)).flip(-1).cumsum(-1).flip(-1)
    center = base[..., median : median + 1] + shift
    return torch.cat([center - down, center, center + up], -1)


def bounded_exp(delta: Tensor, bound: float) -> Tensor:
    """exp(δ) with δ kept within ± `bound`, smoothly."""
    return torch.exp(bound * torch.tanh(delta / bound))


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
