"""Hyper-parameters of networks and of their training, with the defaults that tapewire ships.

Plain values, so that a checkpoint can hold them; the settings of `[forecast]` take their defaults from here.
"""

import logging
from dataclasses import dataclass

log = logging.getLogger("tapewire.train")

PRECISIONS = ("auto", "fp32", "bf16")
BF16_PAYS_FROM_WIDTH = 128


@dataclass(frozen=True)
class NetConfig:
    """Hyper-parameters of a network, and the shapes of what it reads and gives."""

    kind: str = "patch_transformer"
    lookback: int = 48
    patch: int = 8
    stride: int = 8
    width: int = 32
    heads: int = 2
    layers: int = 1
    feed_forward: int = 64
    dropout: float = 0.2
    channels: int = 5
    context: int = 63
    embedding: int = 512
    horizons: int = 4
    levels: int = 25
    precision: str = "auto"
    max_log_gap: float = 3.0

    def __post_init__(self) -> None:
        if self.stride > self.patch or self.lookback < self.patch or (self.lookback - self.patch) % self.stride:
            raise ValueError(
                f"patches of {self.patch} every {self.stride} bars do not tile a lookback of {self.lookback}: "
                "lookback − patch must be a multiple of stride, and stride at most patch"
            )
        if self.width % self.heads:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision {self.precision!r} is unknown; there are {', '.join(PRECISIONS)}")

    def mixed(self, device: str) -> bool:
        """Whether products run in bfloat16 on a device ("cuda", "cpu").

        `auto`: on CUDA; on a CPU that multiplies it natively where the network is wide enough to gain from it, which
        the shipped one is not. An LSTM on a CPU that does not runs in float32 whatever is asked for, and a line in the
        log says so: its library has no other.
        """
        from models import hardware

        if self.precision == "auto":
            return device == "cuda" or (self.width >= BF16_PAYS_FROM_WIDTH and hardware.cpu_has_bf16())
        if self.precision == "bf16" and self.kind == "lstm" and device == "cpu" and not hardware.cpu_has_bf16():
            log.warning("an LSTM cannot run in bfloat16 on this processor: float32 is used")
            return False
        return self.precision == "bf16"

    @property
    def patches(self) -> int:
        """Number of patches in a lookback."""
        return (self.lookback - self.patch) // self.stride + 1


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained."""

    epochs: int = 8
    windows_per_epoch: int = 50_000
    batch: int = 512
    batch_growth: int = 1
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: float = 0.1
    gradient_clip: float = 1.0
    patience: int = 2
    seed: int = 7
    stretch_days: int = 14
    origin_every_h: int = 1
    devices: int = 1
