"""The networks, top to bottom: each corrects a base, the walk with HAR's scale and a forecast median (base.py).

The patch transformer. Encoder: the lookback is cut into patches, each a token; pre-norm attention over those with data
in them. Decoder: one query per horizon, carrying what is known at the origin, the bars of the last day and the calendar
of the hour it ends in; a horizon sees itself and earlier ones, and attends to the encoded past and to the documents
that were known, each with its age. Head: the median moves by δ₀, each gap between neighbouring levels is multiplied by
exp(δ), δ a smooth curve over the levels. The last layer starts at zero: an untrained network is exactly its base.

Shapes: B batch, L lookback (bars), C channels of the tape, P patches, K channels of context, D documents, E embedding,
H horizons, Q levels, M width.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from models.forecast.network.config import NetConfig
from models.forecast.network.layers import (
    Context,
    DecoderLayer,
    EncoderLayer,
    FeedForward,
    Recent,
    ResidualHead,
    age_features,
    sinusoids,
)

N_CALENDAR = 4


class Inputs(NamedTuple):
    """What a network reads at B origins; all of it is known at them."""

    past: Tensor  # [B, L, C + 1] the tape; the last channel is 1 where a bar was, else all are 0
    context: Tensor  # [B, K], NaN where unknown
    calendar: Tensor  # [B, H, 4] of the hour that each horizon ends in
    documents: Tensor  # [B, D, E]
    age_h: Tensor  # [B, D] hours since the document was available
    known: Tensor  # [B, D] bool
    base: Tensor  # [B, H, Q] the base's quantiles around its median, in units of its sigma


class PatchTransformer(nn.Module):
    """Quantiles of the scaled cumulative log return at each horizon, as a residual on the base."""

    causal: Tensor
    positions: Tensor

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        self.embed = nn.Linear(c.patch * (c.channels + 1), c.width)
        self.context, self.recent = Context(c), Recent(c)
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
        """Quantiles [B, H, Q] around the base's median, in units of its sigma."""
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
        now = self.context(inputs.context) + self.recent(inputs.past)  # [B, M]
        return self.horizon + self.calendar(inputs.calendar) + now[:, None], memory, visible


class FeedForwardNet(nn.Module):
    """What is known at the origin and the bars of the last day, through two layers to each horizon's residual."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        c = self.config = config
        self.context, self.recent = Context(c), Recent(c)
        self.horizon = nn.Parameter(torch.randn(c.horizons, c.width) * 0.02)
        self.calendar = nn.Linear(N_CALENDAR, c.width)
        self.norm = nn.LayerNorm(c.width)
        self.mix = FeedForward(c.width, c.feed_forward, c.dropout)
        self.head = ResidualHead(c)

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] around the base's median, in units of its sigma."""
        now = self.context(inputs.context) + self.recent(inputs.past)
        x = self.horizon + self.calendar(inputs.calendar) + now[:, None]
        return self.head(x + self.mix(self.norm(x)), inputs.base)


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
        """Quantiles [B, H, Q] around the base's median, in units of its sigma."""
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
        """Quantiles [B, H, Q] around the base's median, in units of its sigma."""
        x = self.past(inputs.past.flatten(1)) + self.context(inputs.context)
        return self.head(self.horizon + x[:, None], inputs.base)


class Ensemble(nn.Module):
    """Networks that differ by seed and by what they left out; quantiles are averaged level by level, so stay in order.

    `trust`: the share of their average; the rest is the base's.
    """

    def __init__(self, members: list["Net"], trust: float = 1.0) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.trust = trust
        self.config: NetConfig = members[0].config

    def forward(self, inputs: Inputs) -> Tensor:
        """Quantiles [B, H, Q] around the base's median, in units of its sigma."""
        mean = torch.stack([member(inputs) for member in self.members]).mean(0)
        return self.trust * mean + (1 - self.trust) * inputs.base


Net = PatchTransformer | FeedForwardNet | Recurrent | PatchLinear
NETS: dict[str, Any] = {
    "patch_transformer": PatchTransformer, "mlp": FeedForwardNet, "lstm": Recurrent, "patch_linear": PatchLinear,
}  # fmt: skip


def build_net(config: NetConfig) -> Net:
    """The network that the configuration names. ValueError for an unknown kind."""
    if config.kind not in NETS:
        raise ValueError(f"network {config.kind!r} is unknown; there are {', '.join(NETS)}")
    net: Net = NETS[config.kind](config)
    return net
