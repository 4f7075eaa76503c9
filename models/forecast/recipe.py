"""Hyper-parameters of all models that have some, and where trained networks are kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from models.forecast.network.config import NetConfig, TrainConfig

LSTM_LOOKBACK_H = 48
WARM_UP_H = 720  # rows before the first origin that models learn from: volatilities and patterns settle


@dataclass(frozen=True)
class BoostConfig:
    """How the boosters are grown; each is small, since what can be learned is small."""

    rounds: int = 60
    leaves: int = 15
    learning_rate: float = 0.05
    min_leaf: int = 2000
    feature_share: float = 0.5
    l2: float = 10.0
    seed: int = 7


@dataclass(frozen=True)
class Recipe:
    """How models are made. `checkpoints`: the folder that trained networks are kept in; None: nowhere.

    A network is trained once per configuration, data and `code` (a fingerprint of the source); a training that was
    killed goes on from its last whole epoch where `resume` is true.
    """

    net: NetConfig
    train: TrainConfig
    members: int = 4
    boost: BoostConfig = field(default_factory=BoostConfig)
    threads: int = 2
    checkpoints: Path | None = None
    code: str = ""
    resume: bool = True
    shows_progress: bool = False

    def net_for(self, kind: str) -> NetConfig:
        """The network's configuration for one kind. The LSTM reads LSTM_LOOKBACK_H bars: it is slow over many."""
        if kind != "lstm":
            return replace(self.net, kind=kind)
        lookback = min(LSTM_LOOKBACK_H, self.net.lookback)
        return replace(self.net, kind=kind, lookback=lookback, patch=lookback, stride=lookback)
