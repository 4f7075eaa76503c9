"""The network, top to bottom: a patch transformer that corrects the reference walk.

Encoder: the lookback is cut into patches, each a token; pre-norm attention over those with data in them.
Decoder: one query per horizon, carrying what is known at the origin and the calendar of the hour it ends in; a
horizon sees itself and earlier ones, and attends to the encoded past and to the documents that were known, each with
its age.
Head: the median moves by δ₀, each gap between neighbouring levels is multiplied by exp(δ), δ a smooth curve over the
levels. The last layer starts at zero, so that an untrained network is exactly the reference walk.

Shapes: B batch, L lookback (bars), C channels of the tape, P patches, K channels of context, D documents, E embedding,
H horizons, Q levels, M width.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.forecast.network.config import NetConfig

N_CALENDAR = 4
N_SHAPES = 5


class Inputs(NamedTuple):
    """What a network reads at B origins; all of it is known at them."""

    past: Tensor  # [B, L, C + 1] the tape; the last channel is 1 where a bar was, else all are 0
    context: Tensor  # [B, K], NaN where unknown
    calendar: Tensor  # [B, H, 4] of the hour that each horizon ends in
    documents: Tensor  # [B, D, E]
    age_h: Tensor  # [B, D] hours since the document was available
    known: Tensor  # [B, D] bool
    base: Tensor  # [B, H, Q] the reference walk's quantiles, in units of its sigma


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


class PatchTransformer(nn.Module):
    """Quantiles of the scaled cumulative log return at each horizon, as a residual on the reference walk."""

    causal: Tensor
    positions: Tensor

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        self.embed = nn.Linear(c.patch * (c.channels + 1), c.width)
        self.context = Context(c)
        self.document = nn.Linear(c.embedding, c.width)
        self.age = nn.Linear(2, c.width)
        self.nothing = nn.Parameter(torch.zeros(1, 1, c.width))
        self.encoder = nn.ModuleList(EncoderLayer(c) for _ in range(c.layers))
        self.decoder = DecoderLayer(c)
        self.horizon = nn.Parameter(torch.randn(c.horizons, c.width) * 0.02)
        self.calendar = nn.Linear(N_CALENDAR, c.width)
        self.head = ResidualHead(c)
        self.register_buffer("causal", torch.ones(c.horizons, c.horizons, dtype=torch.bool).tril(), persistent=False)
        self.register_buffer("positions", sinusoids(c.patches, c.width), persistent=False)

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] in units of the reference walk's sigma."""
        query, memory, visible = self.parts(inputs)
        return self.head(self.decoder(query, memory, self.causal, visible), inputs.base)

    def parts(self, inputs: Inputs) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [B, H, M], memory [B, 1 + P + D, M] (nothing, patches, documents), and what of it is visible."""
        c, b = self.config, inputs.past.shape[0]
        patches = inputs.past.unfold(1, c.patch, c.stride)  # [B, P, C + 1, patch]
        filled = patches[:, :, -1].any(-1)  # [B, P]
        x = self.embed(patches.flatten(2)) + self.positions
        seen = None  # where every patch has data, all look at all
        if filled.is_cuda or not filled.all():
            seen = (filled | ~filled.any(1, keepdim=True))[:, None, None, :]  # a row without data looks at everything
        for layer in self.encoder:
            x = layer(x, seen)
        texts = self.document(inputs.documents) + self.age(age_features(inputs.age_h))  # [B, D, M]
        memory = torch.cat([self.nothing.expand(b, 1, -1), x, texts], 1)
        always = torch.ones(b, 1, dtype=torch.bool, device=memory.device)
        visible = torch.cat([always, filled, inputs.known], 1)[:, None, None, :]
        now = self.context(inputs.context)[:, None]  # [B, 1, M]
        return self.horizon + self.calendar(inputs.calendar) + now, memory, visible


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


class Recurrent(nn.Module):
    """An LSTM over the lookback; its last state is added to the context and the calendar."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        self.lstm = nn.LSTM(c.channels + 1, c.width, c.layers, batch_first=True)
        self.context = Context(c)
        self.horizon = nn.Parameter(torch.randn(c.horizons, c.width) * 0.02)
        self.calendar = nn.Linear(N_CALENDAR, c.width)
        self.mix = FeedForward(c.width, c.feed_forward, c.dropout)
        self.head = ResidualHead(c)

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] in units of the reference walk's sigma."""
        _, (state, _) = self.lstm(inputs.past)
        now = state[-1] + self.context(inputs.context)
        x = self.horizon + self.calendar(inputs.calendar) + now[:, None]
        return self.head(x + self.mix(x), inputs.base)


class PatchLinear(nn.Module):
    """A linear map of the lookback and the context to each horizon's residual."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        self.past = nn.Linear(c.lookback * (c.channels + 1), c.width)
        self.context = Context(c)
        self.context.layers = nn.Sequential(nn.Linear(c.context, c.width))
        self.horizon = nn.Parameter(torch.randn(c.horizons, c.width) * 0.02)
        self.head = ResidualHead(c)

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] in units of the reference walk's sigma."""
        x = self.past(inputs.past.flatten(1)) + self.context(inputs.context)
        return self.head(self.horizon + x[:, None], inputs.base)


class Ensemble(nn.Module):
    """Networks that differ by their seed alone; quantiles are averaged level by level, which keeps them in order."""

    def __init__(self, members: list["Net"]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.config: NetConfig = members[0].config

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] in units of the reference walk's sigma."""
        return torch.stack([member(inputs) for member in self.members]).mean(0)


Net = PatchTransformer | Recurrent | PatchLinear
NETS: dict[str, Any] = {"patch_transformer": PatchTransformer, "lstm": Recurrent, "patch_linear": PatchLinear}


def build_net(config: NetConfig) -> Net:
    """The network that the configuration names. ValueError for an unknown kind."""
    if config.kind not in NETS:
        raise ValueError(f"network {config.kind!r} is unknown; there are {', '.join(NETS)}")
    net: Net = NETS[config.kind](config)
    return net
